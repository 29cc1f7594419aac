"""Templates of Jinja are compiled once in a process, however many environments show them."""

from collections.abc import Hashable
from functools import cache
from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _Compiled(BytecodeCache):
    """In memory; a template that has changed on the disk since is compiled anew."""

    def __init__(self) -> None:
        self._codes: dict[Hashable, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[_key(bucket)] = bucket.code


def _key(bucket: Bucket) -> Hashable:
    """A sandbox compiles otherwise."""
    return type(bucket.environment), bucket.key, bucket.checksum


@cache
def compiled(language: str) -> BytecodeCache:
    """For all environments of a language: what a filter makes of a constant, such as its label, is
    compiled into the template, and other in every language."""
    return _Compiled()
