"""Makes this checkout importable in the environment of the running Python, with its version and its ``yui`` command.

The same as an editable install, without a build tool that would have to be downloaded and trusted first.
"""

import shutil
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """This will write a path file, the package's metadata and one script for each command."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version, commands = project["name"], project["version"], project["scripts"]
    packages = Path(sysconfig.get_path("purelib"))
    for stale in packages.glob(f"__editable__.{name}-*"):
        stale.unlink()
    for stale in packages.glob(f"{name}-*.dist-info"):
        shutil.rmtree(stale)
    (packages / f"{name}.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    metadata = packages / f"{name}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (metadata / "INSTALLER").write_text("link_package\n", encoding="utf-8")
    lines = "".join(f"{command} = {target}\n" for command, target in commands.items())
    (metadata / "entry_points.txt").write_text(f"[console_scripts]\n{lines}", encoding="utf-8")
    for command, target in commands.items():
        module, function = target.split(":")
        script = Path(sysconfig.get_path("scripts")) / command
        script.write_text(
            f"#!{sys.executable}\nimport sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n",
            encoding="utf-8",
        )
        script.chmod(0o755)


if __name__ == "__main__":
    main()
