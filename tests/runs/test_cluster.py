"""The same study on a Ray cluster of three nodes in one machine, a worker and a node killed in the middle."""

import os, signal, time
import pytest
from place import Place, assert_nothing_left, assert_same

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Three nodes of one core each; every fit takes a few seconds and is written down."""
    pytest.importorskip("ray", reason="ray is not installed")
    from ray.cluster_utils import Cluster

    place, small = Place(tmp_path_factory.mktemp("cluster")), dict(num_cpus=1, object_store_memory=100 * 2**20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(place.folder / "spy"), os.environ.get("PYTHONPATH", "")]))
        for name, value in dict(SPY=str(place.folder / "fits"), SPY_SLEEP="6", RAY_USAGE_STATS_ENABLED="0").items():
            patch.setenv(name, value)
        c = Cluster(initialize_head=True, head_node_args=dict(small, include_dashboard=False))
        c.extra, c.place = [c.add_node(**small) for _ in range(2)], place
        c.wait_for_nodes()
        yield c
        c.shutdown()


def test_ray_gives_the_bytes_of_a_local_run_though_a_worker_and_a_node_die(reference, cluster):
    place = cluster.place
    run = place.start("--backend", "ray", RAY_ADDRESS=cluster.address)
    until = time.time() + 300
    while len(place.fits()) < 2 and run.poll() is None and time.time() < until:
        time.sleep(0.1)
    assert run.poll() is None and len(place.fits()) >= 2, run.communicate()
    killed, other = (int(who.split(":")[1]) for who, _ in place.fits()[:2])
    os.kill(killed, signal.SIGKILL)
    before = len(place.fits())
    while len(place.fits()) == before and time.time() < until:
        time.sleep(0.1)
    cluster.remove_node(cluster.extra[0], allow_graceful=False)
    out, err = run.communicate(timeout=900)
    assert run.returncode == 0, err
    units = [unit for _, unit in place.fits()]
    assert len(set(units)) == 4 and 5 <= len(units) <= 7  # what died was fitted again
    assert len({who for who, _ in place.fits()}) >= 3  # several workers took part
    assert_same(place.report, reference.report)
    assert_nothing_left(place)


def test_seeds_trained_together_come_from_one_task_with_the_bytes_of_a_local_run(cluster, tmp_path):
    places = [Place(tmp_path / name, "[models.mlp]\nmax_epochs = 2\n") for name in ("ray", "local")]
    for p in places:
        (p.folder / "mini.toml").write_text(
            (p.folder / "mini.toml").read_text().replace("seeds = 1", 'seeds = 2\nvectorised_seeds = ["mlp"]')
        )
    for p, args, env in zip(places, (("--backend", "ray"), ()), (dict(RAY_ADDRESS=cluster.address), {})):
        got = p.run(*args, **env)
        assert got.returncode == 0, got.err
    assert len(list(places[0].units.glob("*/unit.json"))) == 8
    assert_same(places[0].report, places[1].report)


def test_gpu_tasks_go_to_nodes_that_have_one(cluster):
    """Ray believes what a node says it has: a node with a declared GPU takes nets, another never."""
    import ray
    from neuralpha.models.registry import make_model
    from neuralpha.study.cluster import resources

    gpu = cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=100 * 2**20)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        where = ray.remote(lambda: (ray.get_runtime_context().get_node_id(), len(ray.get_gpu_ids())))

        def at(name):
            return ray.get([where.options(**resources(make_model(name), "cuda")).remote() for _ in range(3)])

        assert set(at("mlp")) == {(gpu.node_id, 1)}
        assert {n for _, n in at("ridge")} == {0}
    finally:
        ray.shutdown()
        cluster.remove_node(gpu)


def test_a_cluster_that_is_not_there_and_a_gpu_that_nobody_has_are_one_line(cluster, tmp_path):
    place = Place(tmp_path)  # with work left to do: a finished study asks no cluster
    got = place.run("--backend", "ray", RAY_ADDRESS="127.0.0.1:1")
    assert got.returncode == 2 and got.err.splitlines()[-1].startswith(
        "error: No Ray cluster answers at 127.0.0.1:1"
    ), got.err
    got = place.run("--backend", "ray", "--device", "cuda", RAY_ADDRESS=cluster.address)
    assert got.returncode == 2 and "error: The Ray cluster has no GPU; use --device cpu." in got.err, got.err
    got = place.run("--backend", "spark")
    assert got.returncode == 2 and "Unknown backend 'spark'" in got.err
