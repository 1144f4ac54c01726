"""Train with NumPy's own BLAS; named to `spacy train` with `--code`.

The kernels that come with thinc choose a generic path on processors they do not know,
which costs a third of the speed. The weights do not depend on the choice beyond rounding.
"""

from thinc.api import NumpyOps, set_current_ops

set_current_ops(NumpyOps(use_blis=False))
