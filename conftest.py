"""Makes every test run, nbval's too, independent of the machine and of anybody's progress."""

import os

from workbook.build import ENVIRONMENT

# The kernels that nbval starts inherit it.
os.environ.update(ENVIRONMENT)
