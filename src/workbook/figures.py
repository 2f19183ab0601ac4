"""Figures in lessons: one look, a text alternative, bytes that don't vary."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, distinguishable with every common colour blindness
# (https://jfly.uni-koeln.de/color/, 2008).
BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6B7280"


def show(figure: Figure, alt: str) -> None:
    """Show a figure with a text alternative and close it.

    Parameters
    ----------
    figure
        With one message, said in its title.
    alt
        One sentence that tells what the figure shows. The builder hands it to the book; a notebook
        without pictures shows it in the figure's place.
    """
    from IPython.display import display
    from matplotlib import pyplot

    buffer = io.BytesIO()
    # A white ground keeps the figure readable on a dark page; no metadata, so no version in it.
    figure.savefig(
        buffer,
        format="png",
        dpi=110,
        bbox_inches="tight",
        facecolor="white",
        metadata={"Software": None},
    )
    pyplot.close(figure)
    display({"image/png": buffer.getvalue(), "text/plain": alt}, raw=True, metadata={"alt": alt})
