"""Dates as sources write them, in ISO 8601, as exact as they are."""

from __future__ import annotations

import re
from calendar import monthrange

__all__ = ["MONTH", "day", "iso"]

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_YEAR = r"(?P<year>(?:1[89]|20|21)\d\d)"
_ORDINAL = r"(?:st|nd|rd|th)?"
_FORMS = [
    re.compile(form, re.I)
    for form in (
        rf"{_YEAR}(?:\.0+)?",
        rf"{_YEAR}[-/.](?P<month>\d\d?)",
        rf"{_YEAR}[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?:[T\s].*)?",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"{_WEEKDAY}(?P<name>{MONTH})\s+(?P<day>\d\d?){_ORDINAL}(?:\s*,\s*|\s+){_YEAR}(?:[\sT].*)?",
        rf"{_WEEKDAY}(?P<day>\d\d?){_ORDINAL}[\s.-]+(?:of\s+)?(?P<name>{MONTH})(?:\s*,\s*|[\s-]+){_YEAR}(?:[\sT].*)?",
        rf"(?P<name>{MONTH})(?:\s*,\s*|[\s-]+){_YEAR}",
        rf"{_YEAR}\s*,?\s+(?P<name>{MONTH})(?:\s+(?P<day>\d\d?))?",
        rf"{_WEEKDAY}(?P<name>{MONTH})\s+(?P<day>\d\d?){_ORDINAL}",
        rf"{_WEEKDAY}(?P<day>\d\d?){_ORDINAL}\s+(?P<name>{MONTH})",
        r"--(?P<month>\d\d)-(?P<day>\d\d)",
        # Day and month, or month and day: told apart by `iso` where they can be.
        rf"(?P<one>\d\d?)[/.-](?P<other>\d\d?)[/.-]{_YEAR}",
    )
]


def day(year: int | None, month: int | None, day: int | None) -> str:
    """Return ISO 8601 for what is known of a date; a month or day that does not exist is left out.

    "2023-07-04", "2023-07", "2023", "--07-04" without a year, "" when nothing is known.
    """
    if month is not None and not 1 <= month <= 12:
        month = day = None
    if month is None or (day is not None and not 1 <= day <= monthrange(year or 2000, month)[1]):
        day = None
    if year is None:
        return f"--{month:02}-{day:02}" if month is not None and day is not None else ""
    if month is None:
        return f"{year:04}"
    return f"{year:04}-{month:02}" if day is None else f"{year:04}-{month:02}-{day:02}"


def iso(text: object) -> str:
    """Return ISO 8601 for a date as people and programs write it, as exact as it is; "" for anything else.

    "Jul 4, 2023", "2023-07-04T10:00:00Z", "Mon, 2 Apr 2007 19:18:42 GMT", "2023.0", "4 July". A day and month that could
    be exchanged ("04/07/2023") give the year alone.
    """
    line = " ".join(str(text).split())
    for form in _FORMS:
        found = form.fullmatch(line)
        if found:
            part = found.groupdict()
            if "one" in part:
                one, other = int(part["one"]), int(part["other"])
                if one != other and max(one, other) <= 12:
                    return part["year"]
                return day(int(part["year"]), min(one, other), max(one, other))
            name, month, number = part.get("name"), part.get("month"), part.get("day")
            return day(
                int(part["year"]) if part.get("year") else None,
                _NAMES.index(name[:3].lower()) + 1 if name else int(month) if month else None,
                int(number) if number else None,
            )
    return ""
