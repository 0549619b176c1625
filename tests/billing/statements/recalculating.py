"""LibreOffice as the second opinion on workbooks: every formula computed afresh, from files without their values."""

import io
import re
import subprocess
import zipfile

import openpyxl

SECONDS_A_FILE = 10
"""A file takes half a second on an idle machine; a busy one gets twenty times that, and half a minute to start."""


def recalculated(files, folder):
    """Every cell of every file after LibreOffice computed all formulas afresh, as ``(sheet, address) → value``."""
    for name, data in files.items():
        (folder / name).write_bytes(without_values(data))
    command = ["soffice", f"-env:UserInstallation={folder.as_uri()}/profile", "--headless"]
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out")]
    command += [str(folder / name) for name in files]
    subprocess.run(command, check=True, capture_output=True, timeout=30 + SECONDS_A_FILE * len(files))  # noqa: S603
    return {name: cells((folder / "out" / name).read_bytes()) for name in files}


def cells(data):
    """Every cell's value, as a viewer that does not compute shows it."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return {(s.title, c.coordinate): c.value for s in book for row in s.iter_rows() for c in row if c.value is not None}


def without_values(data):
    """The file without the values written beside its formulas, so that only a computation can bring them back."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            xml = source.read(name)
            if name.startswith("xl/worksheets/"):
                xml = re.sub(rb"(</f>)<v>.*?</v>", rb"\1", xml)
            copy.writestr(name, xml)
    return target.getvalue()
