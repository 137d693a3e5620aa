"""Making things ahead of their use, in threads, in an order that does not depend on the threads."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


@contextmanager
def made_ahead(make: Callable[[K], T], keys: Iterable[K], workers: int) -> Generator[Iterator[T], None, None]:
    """Make one thing per key, in order, while the last one is still in use.

    Decoding and tensor arithmetic let go of Python's lock, so threads are enough; they share what is decoded already,
    and nothing has to be pickled. The block ends when the threads have ended.

    Args:
        make: A function of its argument alone, so that it does not matter when it runs.
        keys: What to make, in order.
        workers: Threads; with 0 each thing is made when it is asked for.

    Yields:
        What was made; an error of ``make`` is raised where its result would come.

    Example:
        >>> with made_ahead(abs, [-1, 2, -3], workers=2) as made:
        ...     list(made)
        [1, 2, 3]
    """
    if workers == 0:
        yield map(make, keys)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="ahead")
    try:
        yield _in_order(pool, make, iter(keys), ahead=workers + 1)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ThreadPoolExecutor, make: Callable[[K], T], keys: Iterator[K], ahead: int) -> Iterator[T]:
    waiting: deque[Future[T]] = deque(pool.submit(make, key) for key in islice(keys, ahead))
    while waiting:
        made = waiting.popleft().result()
        waiting.extend(pool.submit(make, key) for key in islice(keys, 1))
        yield made
