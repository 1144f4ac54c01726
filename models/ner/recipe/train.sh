#!/bin/sh
# Train the model of names and ship it: about 90 minutes of two cores (the teacher 30, its answers 8, the student 25).
#   PYTHON=... models/ner/recipe/train.sh CORPORA MANUALS WORK
# CORPORA holds the *.jsonl.gz and gazetteers/ that README.md lists, MANUALS the HTML pages of Python's documentation;
# WORK receives what can be thrown away. PYTHON has the packages of requirements.txt.
set -eu
corpora=$1 manuals=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python}
export PYTHONHASHSEED=0

"$python" "$here/prepare.py" --corpora "$corpora" --manuals "$manuals" --out "$work"
"$python" "$here/lexicon.py" --gazetteers "$corpora/gazetteers" --out "$work/lists"
"$python" "$here/teacher.py" --train "$work/train.jsonl" --dev "$work/dev.jsonl" --out "$work/teacher.pt"
"$python" "$here/distil.py" --teacher "$work/teacher.pt" --out "$work/answers.npy" "$work/train.jsonl" "$work/more.jsonl"
"$python" "$here/student.py" --records "$work/train.jsonl" "$work/more.jsonl" --dev "$work/dev.jsonl" \
    --answers "$work/answers.npy" --lists "$work/lists" --out "$work/first.pt"
for last in "1 0.001" "3 0.0015"; do  # epochs and rate
    "$python" "$here/student.py" --records "$work/train.jsonl" "$work/more.jsonl" "$work/nobody.jsonl" \
        --dev "$work/dev.jsonl" --answers "$work/answers.npy" --lists "$work/lists" --start "$work/first.pt" \
        --epochs "${last% *}" --rate "${last#* }" --out "$work/last-${last% *}.pt"
done
"$python" "$here/package.py" --students "$work/last-1.pt" "$work/last-3.pt" --lists "$work/lists" --out "$here/../weights"
