"""A table on the terminal; in a pipe as wide as it needs, so that no code is cut short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

_IN_A_PIPE = 300


def show(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = (), lined: bool = False
) -> None:
    """Print rows under their headings; the columns in ``numbers`` are set to the right and never broken."""
    table = Table(show_lines=True) if lined else Table(box=None, pad_edge=False)
    for heading in headings:
        number = heading in numbers
        # Chinese has no blanks to break at; the default would cut text off.
        table.add_column(heading, overflow="fold", justify="right" if number else "left", no_wrap=number)
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _IN_A_PIPE
    console.print(table)
