#!/bin/sh
# Train en_cordon_ner from the labelled corpora and ship it. Needs spaCy 3.8.7 and about 30 minutes of one core.
#   models/ner/recipe/train.sh CORPORA WORK
# CORPORA holds the *.jsonl.gz and gazetteers/ that README.md lists; WORK receives what can be thrown away.
set -eu
corpora=$1 work=$2
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python}
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONHASHSEED=0

"$python" "$here/prepare.py" --corpora "$corpora" --out "$work"
"$python" -m spacy train "$here/config.cfg" --code "$here/fast_ops.py" --output "$work/trained" \
    --paths.train "$work/train.spacy" --paths.dev "$work/dev.spacy"
"$python" "$here/calibrate.py" --trained "$work/trained/model-best" --dev "$work/dev.spacy" | tee "$work/caution.txt"
caution=$(sed -n 's/^choice  *//p' "$work/caution.txt")
"$python" "$here/package.py" --trained "$work/trained/model-best" --out "$here/../en_cordon_ner" --caution "$caution"
