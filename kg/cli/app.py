"""The application: how commands are registered, and what becomes of errors."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypeVar

import typer

from kg.cli.output import fail, note
from kg.errors import KgError

__all__ = ["app", "command", "run"]

F = TypeVar("F", bound=Callable[..., Any])
DEBUG = "KG_DEBUG"
STOPPED = 130
PIPE_CLOSED = 141  # as a program that SIGPIPE ended

app = typer.Typer(
    name="kg",
    help="A knowledge graph of concepts and papers, with the sentence behind every edge.",
    epilog="\b\nExamples:\n  kg build daily-papers.txt\n  kg show Mamba\n  kg path Mamba 'long sequences'\n"
    "\b\nEach command explains itself: kg COMMAND --help",
    rich_markup_mode=None,  # plain help: quick, and usage errors stay three lines
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from kg import __version__

        typer.echo(f"kg {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def command(*examples: str, group: typer.Typer = app, name: str | None = None, **settings: Any) -> Callable[[F], F]:
    """Register a function as a command, with `examples` (whole command lines) at the foot of its --help."""

    def register(function: F) -> F:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            with _guard():
                function(*args, **kwargs)

        title = "Example" if len(examples) == 1 else "Examples"
        epilog = "\b\n" + "\n".join([f"{title}:", *(f"  {example}" for example in examples)])
        group.command(name or function.__name__, epilog=epilog, **settings)(guarded)
        return function

    return register


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    """Turn what goes wrong in a command into one line and an exit status."""
    try:
        yield
        sys.stdout.flush()
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError as error:
        # The reader has gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from error
    except KgError as error:
        _trace(error)
        fail(str(error))
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        note(_stopped(error))
        raise typer.Exit(STOPPED) from error
    except Exception as error:
        # typer's own usage errors, raised inside a command
        if hasattr(error, "format_message"):
            raise
        _trace(error)
        detail = " ".join(str(error).split())[:300]
        fail(f"{_innermost(error)}{': ' if detail else ''}{detail} (a defect of kg; {DEBUG}=1 shows where)")
        raise typer.Exit(1) from error


def _stopped(error: KeyboardInterrupt) -> str:
    done, total = getattr(error, "done", None), getattr(error, "total", None)
    if done is None:
        return "stopped; nothing was changed beyond what was reported"
    return f"stopped; {done} of {total} texts are extracted and kept: run the same command to go on"


def _innermost(error: Exception) -> str:
    return "out of memory" if isinstance(error, MemoryError) else type(error).__name__


def _trace(error: Exception) -> None:
    if os.environ.get(DEBUG):
        traceback.print_exception(error, file=sys.stderr)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the application; usage errors print the usage and leave with 2."""
    logging.basicConfig(
        level=logging.DEBUG if os.environ.get(DEBUG) else logging.ERROR,
        format="%(name)s: %(message)s",
        stream=sys.stderr,
    )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without "→" shows "?" and goes on
    try:
        status = app(None if arguments is None else list(arguments), prog_name="kg", standalone_mode=False)
    except typer.Abort:
        note("stopped")
        return STOPPED
    except Exception as error:
        show = getattr(error, "show", None)  # a usage error: typer has its own copy of click, older ones use click's
        if show is None:
            raise
        show()
        return int(getattr(error, "exit_code", 2))
    return status if isinstance(status, int) else 0
