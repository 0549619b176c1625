"""An S3 endpoint on a folder, for one machine: runs ``bucket_server`` and says how to reach it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from services.assembly.data_folder import write_private
from services.assembly.processes import RunningProcess, launch, when_answering
from services.assembly.settings import child_environment

BUCKET = "yui"
REGION = "us-east-1"  # what localbucket reports for every bucket


@dataclass(frozen=True, slots=True, repr=False)
class RunningStorage:
    """A running endpoint with its one bucket; without a repr, because it holds the keys."""

    process: RunningProcess
    endpoint: str
    access_key: str
    secret_key: str
    region: str = REGION
    bucket: str = BUCKET

    def stop(self) -> None:
        """This will end the endpoint; the files stay."""
        self.process.stop()


def run_storage(home: Path, log_path: Path, port: int, access_key: str, secret_key: str) -> RunningStorage:
    """This will serve ``home`` on 127.0.0.1:``port``, with the product's bucket in it. Raises ServiceError."""
    (home / BUCKET).mkdir(mode=0o700, parents=True, exist_ok=True)  # localbucket's buckets are folders
    key_file = home.with_name("storage.key")
    write_private(key_file, access_key)
    process = launch(
        "S3 storage",
        [sys.executable, "-m", "services.assembly.bucket_server", str(home), str(port), str(key_file)],
        log_path=log_path,
        environment=child_environment({}),
        directory=Path(__file__).parents[2],  # where the package lies, so that -m finds it
    )
    question = b"GET / HTTP/1.0\r\n\r\n"  # unsigned, so the guard's refusal is the sign of life
    when_answering(process, port, question, b" 403 ")
    return RunningStorage(process, f"http://127.0.0.1:{port}", access_key, secret_key)
