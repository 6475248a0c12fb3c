# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import a function or a driver by its dotted path."""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import os
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, Literal

What = Literal["function", "driver"]

COLLECTIONS = "ansible_collections"
MEANT: dict[What, str] = {
    "function": "a Python function, such as package.module.function",
    "driver": "a driver, such as package.module.Driver",
}


def look_in(folders: Iterable[str]) -> None:
    """Add folders to the end of the import path, so that they do not hide installed modules."""
    sys.path += [folder for folder in folders if folder not in sys.path and os.path.isdir(folder)]


@functools.cache
def load_function(path: str) -> Callable[..., Any]:
    """Import ``package.module.function``, ``package.module.Class.method`` or ``package.module:function``.

    A method that is neither static nor a class method is called on a new object, created without arguments.

    :raises ValueError: if it cannot be imported, with the reason.
    """
    module, names = _found(path, "function")
    holder, found = _attribute(path, "function", module, names)
    if not callable(found):
        msg = f"function {path!r} is not a function but {type(found).__name__}"
        raise ValueError(msg)
    if inspect.isclass(holder) and isinstance(inspect.getattr_static(holder, names[-1]), types.FunctionType):
        return _method(holder, found)
    return found  # type: ignore[no-any-return]


def imported(path: str, what: What) -> Any:
    """Import ``package.module.name`` or ``package.module:name``. The path of a module in a collection can omit
    ``ansible_collections``.

    :raises ValueError: if it cannot be imported, with the reason.
    """
    return _attribute(path, what, *_found(path, what))[1]


def module_of(path: str, what: What) -> str:
    """Return the name of the module of a path that can be imported."""
    return _found(path, what)[0].__name__


@functools.cache
def _found(path: str, what: What) -> tuple[types.ModuleType, list[str]]:
    """Import the module of a path, and return it with the rest of the path.

    :raises ValueError: if it cannot be imported.
    """
    before, separator, _after = path.partition(":")
    words = path.replace(":", ".").split(".")
    if len(words) < 2 or not all(word.isidentifier() for word in words):
        msg = f"{what} must be the full path of {MEANT[what]}, not {path!r}"
        raise ValueError(msg)
    lengths = [len(before.split("."))] if separator else range(len(words) - 1, 0, -1)
    for length in lengths:
        module = _module(path, what, ".".join(words[:length]))
        if module is not None:
            return module, words[length:]
    places = ", ".join(dict.fromkeys(filter(None, sys.path)))
    msg = (
        f"{what} {path!r} cannot be imported: there is no module {words[0]!r} in the folders that are searched; "
        f"check the name and PYTHONPATH. The folders are {places}"
    )
    raise ValueError(msg)


def refusal(function: Callable[..., Any], subject: object, arguments: dict[str, Any]) -> str | None:
    """Return why the function cannot be called with these arguments, if this is known before the call."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of functions written in C
        return None
    try:
        signature.bind(subject, **arguments)
    except TypeError as error:
        if "too many positional" in str(error):
            return "must take the name of the device as its first argument"
        return f"does not take these arguments: {error}; correct function_args"
    return None


def _module(path: str, what: What, name: str) -> types.ModuleType | None:
    """Import a module; None if it does not exist."""
    for each in (name, f"{COLLECTIONS}.{name}") if name.split(".")[2:3] == ["plugins"] else (name,):
        try:
            return importlib.import_module(each)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{each}.".startswith(f"{error.name}."):  # a module that this one imports
                raise _failed(path, what, error) from error
        except (Exception, SystemExit) as error:  # importing a module can raise any exception
            raise _failed(path, what, error) from error
    return None


def _failed(path: str, what: What, error: BaseException) -> ValueError:
    return ValueError(f"{what} {path!r} cannot be imported ({type(error).__name__}: {error})")


def _attribute(path: str, what: What, module: types.ModuleType, names: list[str]) -> tuple[Any, Any]:
    """Return the object that has the last name as its attribute, and the value of that."""
    holder: Any = module
    found: Any = module
    for name in names:
        holder = found
        try:
            found = getattr(holder, name)
        except AttributeError as error:
            near = difflib.get_close_matches(name, dir(holder), n=3)
            hint = f"near matches: {', '.join(near)}" if near else "check the name"
            where = getattr(module, "__file__", None) or module.__name__
            msg = f"{what} {path!r} cannot be found: {where} has no {'.'.join(names)}; {hint}"
            raise ValueError(msg) from error
    return holder, found


def _method(owner: Callable[[], Any], method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return method(owner(), *args, **kwargs)

    signature = inspect.signature(method)
    call.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    return call
