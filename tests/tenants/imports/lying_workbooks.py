"""Workbooks that lie or mean harm, each with the rows an honest reader would find (None: it must be refused)."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.tenants.imports.workbook_bytes import MAIN, parts_of, row_xml, zipped

Rows = list[tuple[int, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Lie:
    """One hostile file; ``rows`` are the true ones, None when there is no truth to be had from it.

    A reader may refuse any of them; what it may never do is answer other rows.
    """

    name: str
    content: bytes
    rows: Rows | None


_ONE: Rows = [(1, ("a",))]
"""What stands in a workbook whose other parts are spoilt: it may be read, as long as this is read."""
DIMENSIONS = ("A1", "A1:A2", "A1:B1", "A5:C9", "C3:D4", "A1:XFD1048576", "ZZZ9", "", "A0", "1:2", "x" * 5_000)
CELLS = (
    ('<c r="A1"><v>1_000</v></c>', None),
    ('<c r="A1"><v>١٢</v></c>', None),
    ('<c r="A1"><v>0x10</v></c>', None),
    ('<c r="A1"><v>nan</v></c>', None),
    ('<c r="A1"><v>infinity</v></c>', None),
    ('<c r="A1"><v>1e999</v></c>', ["#NUM!"]),
    ('<c r="A1"><v>-1e999</v></c>', ["#NUM!"]),
    (f'<c r="A1"><v>{"9" * 300}</v></c>', ["9" * 300]),
    (f'<c r="A1"><v>{"9" * 5_000}</v></c>', None),
    ('<c r="A1"><v>0.1</v></c>', ["0.1"]),
    ('<c r="A1"><v>0.10000000000000001</v></c>', ["0.1"]),
    ('<c r="A1"><v>-0.0</v></c>', ["-0"]),
    ('<c r="A1"><v>1E2</v></c>', ["100"]),
    ('<c r="A1"><v>12345678901234567890</v></c>', ["12345678901234567890"]),
    ('<c r="A1" t="b"><v>2</v></c>', None),
    ('<c r="A1" t="b"><v>true</v></c>', None),
    ('<c r="A1" t="b"><v>1</v></c>', ["TRUE"]),
    ('<c r="A1" t="s"><v>0</v></c>', None),
    ('<c r="A1" t="s"><v>-1</v></c>', None),
    ('<c r="A1" t="s"><v>999999999</v></c>', None),
    ('<c r="A1" t="s"><v>a</v></c>', None),
    ('<c r="A1" t="d"><v>2024-04-01T00:00:00</v></c>', ["2024-04-01"]),
    ('<c r="A1" t="d"><v>2024-99-01</v></c>', None),
    ('<c r="A1" t="e"><v>#REF!</v></c>', ["#REF!"]),
    ('<c r="A1" t="str"><v>&lt;b&gt;</v></c>', ["<b>"]),
    ('<c r="A1" t="str"><v>x</v><v>y</v></c>', None),
    ('<c r="A1" t="str"><f>1+1</f><v>2</v></c>', ["2"]),
    ('<c r="A1" t="inlineStr"><is><r><t>山</t></r><r><t>田</t></r></is></c>', ["山田"]),
    ('<c r="A1" t="inlineStr"><is><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh></is></c>', ["山田"]),
    ('<c r="A1" t="inlineStr"><is><t>x</t><t>y</t></is></c>', None),
    ('<c r="A1" t="inlineStr"><is><r><t>x</t><t>y</t></r></is></c>', None),
    ('<c r="A1" t="inlineStr"><is>x<t>y</t></is></c>', None),
    ('<c r="A1">x<v>1</v></c>', None),
    ('<c r="A1" t="inlineStr"><v>1</v></c>', None),
    ('<c r="A1" t="str"><is><t>x</t></is></c>', None),
    ('<c r="A1" t="inlineStr"><is><t><![CDATA[<a>]]></t></is></c>', ["<a>"]),
    ('<c r="A1" t="inlineStr"><is><t>a<!-- b -->c</t></is></c>', ["ac"]),
    ('<c r="A1" t="wrong"><v>1</v></c>', None),
    ('<c r="A1" s="999"><v>1</v></c>', ["1"]),
    ('<c r="A1" s="-1"><v>1</v></c>', None),
    ('<c r="A1" s="x"><v>1</v></c>', None),
    ('<c r="a1"><v>1</v></c>', None),
    ('<c r="$A$1"><v>1</v></c>', None),
    ('<c r="A01"><v>1</v></c>', None),
    ('<c r="A2"><v>1</v></c>', None),
    ('<c r="XFE1"><v>1</v></c>', None),
    ('<c r="AAAA1"><v>1</v></c>', None),
    ('<c r="R1C1"><v>1</v></c>', None),
    ('<c r=""><v>1</v></c>', None),
    ('<c r="A1"><c r="B1"><v>2</v></c><v>1</v></c>', None),
    ('<x><c r="A1"><v>1</v></c></x>', None),
    ('<x/><c r="A1"><v>1</v></c>', None),
    ('<c xmlns="urn:other" r="A1"><v>1</v></c>', None),
    ('<c r="A1"><v xmlns="urn:other">1</v></c>', None),
    ('<c r="A1"><x><v>1</v></x></c>', None),
    ("<c><v>1</v></c><c><v>2</v></c>", ["1", "2"]),
    ('<c r="B1"><v>1</v></c><c r="A1"><v>2</v></c>', None),
    ('<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>', None),
    ('<c r="A1"><v>1</v></c><c r="IV1"><v>2</v></c>', None),
)
"""XML of row 1, and the texts it means."""
ROWS = (
    '<row r="0"><c><v>1</v></c></row>',
    '<row r="-1"><c><v>1</v></c></row>',
    '<row r="1.0"><c><v>1</v></c></row>',
    '<row r="１"><c><v>1</v></c></row>',
    '<row r=" 1"><c><v>1</v></c></row>',
    '<row r="1e2"><c><v>1</v></c></row>',
    '<row r="1048577"><c><v>1</v></c></row>',
    '<row r="99999999999999999999"><c><v>1</v></c></row>',
    row_xml(1, ["a"]) * 2,
    row_xml(2, ["a"]) + row_xml(1, ["b"]),
    row_xml(1, ["a"]) + '<row r="1"/>' + row_xml(2, ["b"]),
    f"<x>{row_xml(1, ['a'])}</x>",
    f'<row r="1">{row_xml(1, ["a"])}</row>',
    row_xml(1, ["a"]).replace("<row ", '<row xmlns="urn:other" '),
)


def lies() -> Iterator[Lie]:
    """All of them."""
    for count in (1, 2, 3, 17, 509):
        data = "".join(row_xml(number, [f"行{number}", str(number)]) for number in range(1, count + 1))
        truth: Rows = [(number, (f"行{number}", str(number))) for number in range(1, count + 1)]
        for said in DIMENSIONS:
            yield Lie(f"dimension {said[:20]} {count}", zipped(parts_of(data, f'<dimension ref="{said}"/>')), truth)
        gaps = "".join(row_xml(number * 7, ["a"]) for number in range(1, count + 1))
        yield Lie(f"gaps {count}", zipped(parts_of(gaps)), [(number * 7, ("a",)) for number in range(1, count + 1)])
    for number, (xml, texts) in enumerate(CELLS):
        for place, rest in enumerate(("", row_xml(2, ["z"]), '<row r="9"/>')):
            content = zipped(parts_of(f'<row r="1">{xml}</row>{rest}'))
            known: Rows | None = None if texts is None else [(1, tuple(texts)), *([(2, ("z",))] if place == 1 else [])]
            yield Lie(f"cell {number} {place}", content, known)
    for number, xml in enumerate(ROWS):
        yield Lie(f"row {number}", zipped(parts_of(xml)), None)
        yield Lie(f"row {number} last", zipped(parts_of(row_xml(1, ["a"]) + xml.replace('r="1"', 'r="2"'))), None)
    yield from _strings()
    yield from _markup()
    yield from _parts()
    yield from _archives()


def _strings() -> Iterator[Lie]:
    """Shared strings that say less, more or something else than a reader may think."""
    parts = parts_of('<row r="1"><c r="A1" t="s"><v>1</v></c></row>')
    said = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    types = (
        parts["[Content_Types].xml"]
        .decode()
        .replace("</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{said}')
    )
    for number, (inner, text) in enumerate(
        (
            ("<si><t>a</t></si><si><t>b</t></si>", "b"),
            (
                "<si><t>a</t></si><si><t>漢字</t><rPh sb='0' eb='2'><t>カンジ</t></rPh><phoneticPr fontId='1'/></si>",
                "漢字",
            ),
            ("<si><t>a</t></si><si><r><t>b</t></r><r><rPr><b/></rPr><t>c</t></r></si>", "bc"),
            ("<si><t>a</t></si>", None),
            ("<si><t>a</t></si><si><t>b</t><t>c</t></si>", None),
            ("<si><t>a</t></si><si>b<t>c</t></si>", None),
            ("<si><t>a</t></si><si><si><t>b</t></si></si>", None),
            ("<si xmlns='urn:x'><t>a</t></si><si><t>b</t></si><si><t>c</t></si>", None),
            ("<x><si><t>a</t></si></x><si><t>b</t></si>", "b"),
        )
    ):
        for count in ("", ' count="1" uniqueCount="1"', ' count="99999999" uniqueCount="99999999"'):
            strings = f'<sst xmlns="{MAIN}"{count}>{inner}</sst>'
            content = zipped({**parts, "[Content_Types].xml": types.encode(), "xl/sharedStrings.xml": strings.encode()})
            yield Lie(f"strings {number}{count}", content, None if text is None else [(1, (text,))])


def _markup() -> Iterator[Lie]:
    """Entities and document types in every part, in two encodings; broken and endless XML."""
    parts = parts_of(row_xml(1, ["a"]))
    laughs = "".join(f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"x" * 10}">' for n in range(20))
    declarations = (
        "<!DOCTYPE x>",
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1/">%a;]>',
        f"<!DOCTYPE x [{laughs}]>",
    )
    for name, content in parts.items():
        for number, declaration in enumerate(declarations):
            text = content.decode().replace("?>", "?>" + declaration, 1)
            yield Lie(f"markup {number} in {name}", zipped({**parts, name: text.encode()}), None)
            wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
            yield Lie(f"markup {number} in {name}, wide", zipped({**parts, name: wide}), None)
        for number, broken in enumerate((b"", b"<", content[:-3], content + b"<x/>", content.replace(b"<", b"&", 3))):
            yield Lie(f"broken {number} {name}", zipped({**parts, name: broken}), _ONE)
    deep = b"<a>" * 50_000 + b"</a>" * 50_000
    yield Lie("deep", zipped({**parts, "xl/styles.xml": deep}), _ONE)
    yield Lie("deep sheet", zipped({**parts, "xl/worksheets/sheet1.xml": deep}), None)


def _parts() -> Iterator[Lie]:
    """Parts that are missing, point elsewhere, or say something else than they are."""
    parts = parts_of(row_xml(1, ["a"]))
    for name in parts:
        yield Lie(f"without {name}", zipped({key: value for key, value in parts.items() if key != name}), _ONE)
    rels = parts["xl/_rels/workbook.xml.rels"]
    for target in ("../../../etc/passwd", "/etc/passwd", "worksheets/none.xml", "", "styles.xml", "../../x", "\\x"):
        changed = rels.replace(b"worksheets/sheet1.xml", target.encode())
        yield Lie(f"target {target}", zipped({**parts, "xl/_rels/workbook.xml.rels": changed}), _ONE)
    outside = rels.replace(b'Target="worksheets/sheet1.xml"', b'Target="http://127.0.0.1/x" TargetMode="External"')
    yield Lie("external sheet", zipped({**parts, "xl/_rels/workbook.xml.rels": outside}), None)
    book = parts["xl/workbook.xml"]
    for old, new in (
        (b'sheetId="1"', b'sheetId="1" state="hidden"'),
        (b'sheetId="1"', b'sheetId="1" state="veryHidden"'),
        (b'sheetId="1"', b'sheetId="x"'),
        (b'r:id="rId1"', b'r:id="rId9"'),
        (b"schemas.openxmlformats.org/spreadsheetml/2006/main", b"purl.oclc.org/ooxml/spreadsheetml/main"),
    ):
        yield Lie(f"book {new[:30]!r}", zipped({**parts, "xl/workbook.xml": book.replace(old, new)}), None)
    yield Lie(
        "long name", zipped({**parts, "xl/workbook.xml": book.replace(b'name="', b'name="' + b"x" * 9_000)}), _ONE
    )
    for name in ("xl/vbaProject.bin", "xl/VBAPROJECT.BIN", "xl/workbook.bin", "EncryptionInfo", "mimetype"):
        yield Lie(f"with {name}", zipped({**parts, name: b"x"}), None)
    yield Lie("many parts", zipped({**parts, **{f"xl/media/{n}": b"" for n in range(2_001)}}), None)
    yield Lie("strange names", zipped({**parts, "../../evil": b"x", "/abs": b"x", "a\\b": b"x"}), _ONE)
    yield Lie("large", zipped({**parts, "xl/media/zeros": bytes(40_000_000)}), None)


def _archives() -> Iterator[Lie]:
    """Archives whose directory says something else than their content."""
    whole = zipped(parts_of(row_xml(1, ["a"]) + row_xml(2, ["b"])))
    truth: Rows = [(1, ("a",)), (2, ("b",))]
    at = whole.find(b"PK\x01\x02")
    for name, offset, form in (
        ("flags", 8, "<H"), ("method", 10, "<H"), ("crc", 16, "<I"), ("compressed", 20, "<I"), ("size", 24, "<I"),
        ("name length", 28, "<H"), ("extra length", 30, "<H"), ("header place", 42, "<I"),
    ):  # fmt: skip
        for value in (0, 1, 2, 99, 0x0800, 0xFFFF, 0xFFFFFFFF):
            if value < 256 ** struct.calcsize(form):
                yield Lie(f"{name} {value}", _patched(whole, at + offset, struct.pack(form, value)), truth)
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        for name, content in parts_of(row_xml(1, ["a"])).items():
            archive.writestr(name, content)
    raw = twice.getvalue()
    yield Lie("same name twice", raw.replace(b"xl/workbook.xml", b"_rels/.relsxxxx"), None)
    for name, change in _CHANGES:
        yield Lie(name, change(whole), truth)


def _patched(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


_CHANGES: Sequence[tuple[str, Callable[[bytes], bytes]]] = (
    ("before", lambda one: b"PK" + one),
    ("something after", lambda one: one + b"x" * 100),
    ("twice", lambda one: one + one),
    ("half", lambda one: one[: len(one) // 2]),
    ("no end", lambda one: one[:-22]),
    ("only end", lambda one: one[-22:]),
    ("only PK", lambda _: b"PK"),
    ("zeros", lambda one: b"PK\x03\x04" + bytes(len(one))),
)
