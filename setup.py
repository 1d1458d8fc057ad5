"""neuralpha's packaging: names and version come from settings.ini, exact versions from constraints.txt."""

from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
ini = ConfigParser(delimiters=["="])
ini.read(here / "settings.ini", encoding="utf-8")
cfg = ini["DEFAULT"]

# The core: what `neuralpha run` needs from prices to report, and nothing that only one command needs.
requires = """
numpy>=2.2 pandas>=3.0 polars>=1.30 pyarrow>=18 scipy>=1.14 numba>=0.61 scikit-learn>=1.7 torch>=2.7,<2.14
lightgbm>=4.6 shap>=0.48 alphalens-reloaded>=0.4.6 matplotlib>=3.9 arch>=7.2 exchange_calendars>=4.8
pandera[polars]>=0.24 skfolio>=1.12 bidask>=2.1 clarabel>=0.9
pydantic>=2.10 typer>=0.15 rich>=13.9 tqdm>=4.67 safetensors>=0.5 skops>=0.12
threadpoolctl>=3.5 jinja2>=3.1 fsspec>=2025.2 papermill>=2.6 nbconvert>=7.16 nbformat>=5.10 nbclient>=0.10
ipykernel>=6.29 PyWavelets>=1.8 cloudpickle>=3.0 packaging>=24.0
""".split()

# What one needs for one purpose; a command that misses its extra says `pip install 'neuralpha[name]'`.
extras = dict(
    lab=["jupyterlab>=4.3", "jupytext>=1.16", "ipywidgets>=8.1"],
    tune=["optuna>=4.2", "cmaes>=0.11"],
    databases=["duckdb>=1.2", "sqlalchemy>=2.0"],
    postgres=["sqlalchemy>=2.0", "psycopg[binary]>=3.2"],
    ray=["ray[default]>=2.40"],
    s3=["s3fs>=2025.2"],
    yahoo=["yfinance>=0.2.55"],
    talib=["TA-Lib>=0.6"],
    rl=["gymnasium>=1.0", "stable-baselines3>=2.7", "sb3-contrib>=2.7"],
    xgboost=["xgboost-cpu>=3.0"],
    catboost=["catboost>=1.2.8"],
    text=["vaderSentiment>=3.3"],
    mlflow=["mlflow-skinny>=3.1", "sqlalchemy>=2.0", "alembic>=1.13"],
)
extras["docs"] = [
    "nbdev==2.4.14",
    "execnb<0.2",
    "fastcore<2",
    "ghapi<2",
    "ipython<10",
    "jupytext>=1.16",
    "sphinx>=8.1,<9.1",
    "myst-nb>=1.2",
    "furo>=2024.8",
    "latex2mathml>=3.77",
]
extras["test"] = [
    "pytest>=8.3",
    "pytest-xdist>=3.6",
    "hypothesis>=6.120",
    "setuptools>=65",
    "wheel>=0.40",
    "playwright>=1.50",
    "captum>=0.7",
    "mypy>=1.15",
    "ruff==0.17.6",
    "moto[s3]>=5.1",
    "flask>=3.0",
    "flask-cors>=5.0",
]
# What the library itself is worked on with.
wanted = ("docs", "test", "lab", "tune", "databases", "postgres", "ray", "s3", "talib", "text", "rl")
wanted += ("xgboost", "catboost", "mlflow")
extras["dev"] = [package for extra in wanted for package in extras[extra]]

setup(
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    author=cfg["author"],
    keywords=cfg["keywords"],
    license="Apache-2.0",
    python_requires=f">={cfg['min_python']}",
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    packages=find_packages(include=["neuralpha", "neuralpha.*"]),
    package_data={"neuralpha": ["**/templates/*", "research/**/*", "*.pyi", "py.typed"]},
    install_requires=requires,
    extras_require=extras,
    entry_points={"console_scripts": ["neuralpha=neuralpha.cli:main"]},
)
