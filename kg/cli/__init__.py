"""The command line: reads options, calls one function of the library, prints. The only place that prints.

`kg --help` loads neither spaCy, networkx nor a driver: commands import what they call when they are called.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `kg` with `arguments` (else those of the process) and return the exit status.

    0 done; 1 an error that the user can mend, in one line on stderr; 2 a usage error; 130 stopped by the user.
    """
    from kg.cli import app

    # In the order in which `kg --help` lists the commands.
    from kg.cli import building, looking, relating, asking, merging, serving  # noqa: F401  isort: skip

    return app.run(arguments)
