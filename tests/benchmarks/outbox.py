"""Messages a second through the whole path, against the same provider called in a bare loop; jobs a second against bare RQ.

The path: dispatch, Redis, four workers of eight threads, each message judged, noted, handed over by HTTP, noted again.
The loop: as many threads with httpx and the same bytes. The jobs: our worker with a job that finds nothing to do
against RQ's own worker with a function that does nothing.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from rq import Queue
from rq.serializers import JSONSerializer

from tests.cluster import throwaway_folder
from tests.faults.house import House
from tests.providers.meta_and_twilio import MetaAndTwilio
from workbench import clock, db, jobs
from workbench.actions import outbox
from workers.messages import THREADS


def measured(messages: int, workers: int, calls: int) -> dict[str, Any]:
    """Both pairs, one after the other on the same servers."""
    with throwaway_folder() as folder, House(folder, messages, 0, lease=600, seed=1, breaks=False) as house:
        loop = _bare_loop(house.provider, messages, workers * THREADS)
        house.wanted = workers
        house.revive()
        _until(lambda: len(db.valkey().smembers("rq:workers:messages")) == workers)
        path = _path(house)
        ours, bare = _jobs(calls, jobs.Queue.MESSAGES.value, jobs.Job.SEND.value, {"message_ids": []}), 0.0
        command = [sys.executable, "-m", "rq.cli", "worker", "bare", "--serializer", "json", "--quiet", "--url"]
        theirs = [subprocess.Popen([*command, house.environment["REDIS_URL"]]) for _ in range(workers)]
        try:
            _until(lambda: len(db.valkey().smembers("rq:workers:bare")) == workers)
            bare = _jobs(calls, "bare", "time.time", {})
        finally:
            for worker in theirs:
                worker.terminate()
                worker.wait()
    return {
        "messages": messages,
        "workers": workers,
        "messages_per_second": round(path, 1),
        "bare_loop_per_second": round(loop, 1),
        "share_of_bare_loop": round(path / loop, 3),
        "jobs_per_second": round(ours, 1),
        "bare_rq_jobs_per_second": round(bare, 1),
        "share_of_bare_rq": round(ours / bare, 3),
    }


def _bare_loop(url: str, messages: int, threads: int) -> float:
    form = {"To": "+525510000001", "From": MetaAndTwilio.sender, "Body": "x" * 150}
    address = f"{url}/2010-04-01/Accounts/{MetaAndTwilio.account}/Messages.json"
    login = (MetaAndTwilio.account, MetaAndTwilio.auth_token)
    own = threading.local()

    def call(_number: int) -> None:
        if not hasattr(own, "client"):
            own.client = httpx.Client(auth=login)
        own.client.post(address, data=form).raise_for_status()

    with ThreadPoolExecutor(threads) as crew:
        begun = time.monotonic()
        list(crew.map(call, range(messages)))
    return messages / (time.monotonic() - begun)


def _path(house: House) -> float:
    begun = time.monotonic()
    while house.waiting():  # what a job had no time for is queued again, as the timetable does
        with db.transaction() as session:
            outbox.dispatch(session, at=clock.now(), limit=1_000_000)
        time.sleep(0.2)
    number: int = house.rows("SELECT count(*) FROM message WHERE state = 'sent'")[0][0]
    return number / (time.monotonic() - begun)


def _jobs(calls: int, name: str, function: str, arguments: dict[str, Any]) -> float:
    queue = Queue(name, connection=db.valkey(), serializer=JSONSerializer)
    entry = Queue.prepare_data(function, kwargs=arguments, result_ttl=0, timeout=60)
    begun = time.monotonic()
    queue.enqueue_many([entry] * calls)
    _until(lambda: not queue.count and not queue.started_job_registry.get_job_count(cleanup=False), pause=0.05)
    return calls / (time.monotonic() - begun)


def _until(true: Any, *, pause: float = 0.2, seconds: float = 900) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(pause)


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.benchmarks.outbox")
    options.add_argument("--messages", type=int, default=5000)
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--jobs", type=int, default=400)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    found = measured(asked.messages, asked.workers, asked.jobs)
    print(json.dumps(found) if asked.json else "\n".join(f"{name:>26}  {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
