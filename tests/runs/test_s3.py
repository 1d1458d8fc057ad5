"""`--reports s3://...` against a server that speaks S3: moto, a process of its own on this machine."""

import os, shutil, socket, subprocess, sys, time, urllib.request
import pytest
from place import Place, assert_nothing_left, assert_same, kill

s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
pytest.importorskip("moto", reason="moto is not installed")
pytest.importorskip("flask_cors", reason="flask-cors, which moto's server needs, is not installed")


@pytest.fixture(scope="module")
def s3():
    """The bucket's file system; every process sees the server through its environment."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in dict(
            AWS_ACCESS_KEY_ID="nobody",
            AWS_SECRET_ACCESS_KEY="nothing",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_EC2_METADATA_DISABLED="true",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        ).items():
            patch.setenv(name, value)
        until = time.time() + 120
        while server.poll() is None and time.time() < until:
            try:
                urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        fs = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
        fs.mkdir("bucket")
        yield fs
    server.kill()
    server.wait()


@pytest.mark.slow
def test_another_machine_continues_from_a_bucket(reference, s3, tmp_path):
    one, two, there = Place(tmp_path / "one"), Place(tmp_path / "two"), "s3://bucket/deep/reports"
    p = one.start("--jobs", 1, "--reports", there, SPY_SLEEP=3)
    until, copied = (
        time.time() + 300,
        lambda: {f.split("/")[-2] for f in s3.find("bucket/deep/reports/.units") if f.endswith("unit.json")},
    )
    while len(copied()) < 2 and p.poll() is None and time.time() < until:
        time.sleep(0.1)
    kill(p)
    kept = copied()
    assert 2 <= len(kept) < 4
    shutil.rmtree(one.folder)  # the first machine is gone
    got = two.run("--jobs", 1, "--reports", there)
    assert got.returncode == 0, got.err
    assert len(two.fits()) == 4 - len(kept) and copied() == {f.parent.name for f in two.units.glob("*/unit.json")}
    s3.get("bucket/deep/reports/mini/", str(tmp_path / "far") + "/", recursive=True)
    assert_same(two.report, reference.report)
    assert_same(tmp_path / "far", reference.report)
    assert_nothing_left(two)
    assert [f for f in s3.find("bucket") if "/.try-" in f] == []


@pytest.fixture
def unit(s3, tmp_path):
    """A finished unit in a store, and the address it was copied to."""
    import numpy as np
    import pandas as pd
    from neuralpha.study.remote import Remote, push_unit
    from neuralpha.study.units import Unit, UnitStore

    store, unit, remote = (
        UnitStore(tmp_path / "one"),
        Unit("u", "ridge", 0, 0, '{"a":1}'),
        Remote(f"s3://bucket/{tmp_path.name}"),
    )
    remote.try_out()
    store.save(
        unit,
        pd.DataFrame(
            {"part": ["test"] * 2, "date": pd.Timestamp("2020-01-02"), "asset": ["A", "B"], "score": np.float32([1, 2])}
        ),
    )
    push_unit(remote, store, unit.key)
    return remote, store, unit.key


def test_an_upload_that_was_not_finished_is_not_read(s3, unit, tmp_path):
    from neuralpha.study.remote import pull_unit
    from neuralpha.study.units import UnitStore

    remote, one, key = unit
    two, at, data = (
        UnitStore(tmp_path / "two"),
        f"{remote.root}/.units/{key}/scores.parquet",
        (one.path(key) / "scores.parquet").read_bytes(),
    )
    s3.rm_file(at)
    begun = s3.call_s3("create_multipart_upload", Bucket="bucket", Key=at.split("/", 1)[1])
    s3.call_s3(
        "upload_part", Bucket="bucket", Key=at.split("/", 1)[1], PartNumber=1, UploadId=begun["UploadId"], Body=data
    )
    assert not pull_unit(remote, two, key) and key not in two
    s3.pipe_file(at, data[:-1])
    assert not pull_unit(remote, two, key) and key not in two
    s3.pipe_file(at, data)
    assert pull_unit(remote, two, key) and two.scores(key).equals(one.scores(key))


def test_what_another_machine_wrote_and_removed_is_seen(s3, tmp_path):
    from neuralpha.study.remote import Remote

    remote, at = Remote(f"s3://bucket/{tmp_path.name}"), f"bucket/{tmp_path.name}/mini"
    remote.write("mini/a b.html", b"1")
    assert remote.names("mini") == {"a b.html"}
    s3.pipe_file(f"{at}/deep/c.html", b"2")
    s3.pipe_file(f"{at}/a b.html", b"3")
    assert remote.names("mini") == {"a b.html", "deep/c.html"} and remote.read("mini/a b.html") == b"3"
    s3.rm_file(f"{at}/a b.html")
    assert remote.names("mini") == {"deep/c.html"} and remote.read("mini/a b.html") is None
    remote.remove("mini/a b.html")
    remote.remove("mini/deep/c.html")
    assert remote.names("mini") == set()


NOBODY = dict(
    AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_CONFIG_FILE="/dev/null"
)


@pytest.mark.parametrize(
    "url, env, said",
    [
        (
            "s3://no-such-bucket/x",
            {},
            "error: Cannot write to s3://no-such-bucket/x: FileNotFoundError: .*bucket does not exist",
        ),
        (
            "s3://bucket/x",
            NOBODY,
            "error: Cannot write to s3://bucket/x: NoCredentialsError: Unable to locate credentials",
        ),
        ("gs://bucket/x", {}, "error: --reports gs://bucket/x: .*gcsfs"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line_before_anything_is_fitted(s3, tmp_path, url, env, said):
    import importlib.util, re

    if url.startswith("gs") and importlib.util.find_spec("gcsfs"):
        pytest.skip("gcsfs is installed")
    place = Place(tmp_path)
    got = place.run("--reports", url, **env)
    errors = [line for line in got.err.splitlines() if line]
    assert got.returncode == 2 and len(errors) == 1 and re.match(said, errors[0]), got.err
    assert place.fits() == [] and [b for b in s3.ls("") if "such" in b] == []


def test_a_desk_in_a_bucket_lets_only_the_first_add_an_entry(s3, tmp_path):
    from neuralpha.report.elsewhere import Bucket

    one, two = (Bucket(f"s3://bucket/{tmp_path.name}") for _ in range(2))
    assert one.add("journal/00000001.json", b"first") and not two.add("journal/00000001.json", b"second")
    assert two.read("journal/00000001.json") == b"first" and two.names("") == {"journal/00000001.json"}
