"""Why a file is not read, and what is worth saying about one that is: stable codes and their Japanese sentences."""

from collections.abc import Mapping

_FAULTS: Mapping[str, str] = {
    "empty-file": "ファイルが空です。",
    "nothing-to-read": "値の入ったセルがありません。",
    "too-many-bytes": "ファイルが大きすぎます({limit}バイトまで)。",
    "too-many-rows": "行が多すぎます({limit}行まで)。分けて取り込んでください。",
    "too-many-columns": "{row}行目の列が多すぎます({limit}列まで)。不要な列を除いてください。",
    "cell-too-long": "{row}行目に、長すぎるセルがあります({limit}文字まで)。",
    "too-much-text": "ファイルに含まれる文字が多すぎます。分けて取り込んでください。",
    "too-much-memory": "ファイルを開くのに必要なメモリーが上限を超えたため、読むのをやめました。",
    "too-slow": "ファイルを読むのに時間がかかりすぎたため、やめました。分けて取り込んでください。",
    "reader-ended": "ファイルを読む途中で問題が起きました。ファイルが壊れていないか確かめてください。",
    "old-workbook": "古い形式のExcelファイル(.xls)は読めません。「Excel ブック(.xlsx)」で保存し直してください。",
    "encrypted-workbook": "パスワードの付いたファイルは読めません。パスワードを外して保存し直してください。",
    "macro-workbook": "マクロを含むファイル(.xlsm)は読めません。「Excel ブック(.xlsx)」で保存し直してください。",
    "binary-workbook": "バイナリ形式(.xlsb)は読めません。「Excel ブック(.xlsx)」で保存し直してください。",
    "strict-workbook": "「Strict Open XML」形式は読めません。「Excel ブック(.xlsx)」で保存し直してください。",
    "other-spreadsheet": "この形式の表計算ファイルは読めません。「Excel ブック(.xlsx)」かCSVで保存し直してください。",
    "not-a-table": "表のファイルではありません。Excel(.xlsx)かCSVのファイルを選んでください。",
    "not-text": "CSVに、文字ではない内容(制御文字)が含まれています。",
    "unknown-encoding": "文字コードを判別できません。UTF-8かShift_JIS(CP932)で保存し直してください。",
    "bad-quotes": '{row}行目の二重引用符(")の使い方が正しくないため、列の区切りが分かりません。',
    "broken-zip": "Excelファイルが壊れています。開き直して保存し直してください。",
    "too-many-parts": "Excelファイルの中の部品が多すぎます。値だけを新しいブックに貼り付けて保存し直してください。",
    "too-large-inside": "Excelファイルを広げると上限を超えます。値だけを新しいブックに貼り付けて保存し直してください。",
    "suspicious-compression": "Excelファイルの圧縮のしかたが普通ではないため、読みません。保存し直してください。",
    "forbidden-markup": "Excelファイルに、使えない記述(文書型宣言)が含まれています。保存し直してください。",
    "broken-workbook": "Excelファイルの中身が正しくありません。開き直して保存し直してください。",
    "no-sheet": "表示されているワークシートがありません。",
    "rows-out-of-order": "Excelファイルの行番号やセル番号が重なっているか、順に並んでいません。保存し直してください。",
    "rows-disagree": "Excelファイルの行数を2通りに数えて、結果が合いませんでした。保存し直してください。",
}

_REMARKS: Mapping[str, str] = {
    "other-sheets": "シートが{count}枚あります。最初のシート「{name}」だけを読みました。",
    "formulas": "数式のセルが{count}個あります。ファイルに保存されている計算結果を使いました。",
    "formulas-without-value": "計算結果が保存されていない数式のセルが{count}個あり、空として扱いました({name})。",
    "error-cells": "エラーのセルが{count}個あります({name})。文字のまま読みました。",
    "hidden-rows": "表示されていない行が{count}行あります。それも読みました。",
    "merged-cells": "結合されたセルがあります。値は左上のセルだけにあるものとして読みました。",
    "dates-1904": "日付は1904年を起点とする方式(Macの古いExcel)として読みました。",
    "wrong-dimension": "シートに書かれた範囲が実際と違います。実際にある{count}行を数え直して読みました。",
    "plain-quotes": '二重引用符(")を、区切りではなく文字として読みました。',
}
_SHOWN_NAME = 60
"""Characters of a sheet's name or of examples that a sentence can carry."""


class Refused(Exception):  # noqa: N818  (an outcome, not a fault)
    """The file is not read; ``values`` fill the sentence."""

    def __init__(self, code: str, *, row: int = 0, limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.row = row
        self.limit = limit


def is_refusal(code: str) -> bool:
    """Whether the code is one of ours."""
    return code in _FAULTS


def is_remark(code: str) -> bool:
    """Whether the code is one of ours."""
    return code in _REMARKS


def refusal_text(code: str, *, row: int = 0, limit: int = 0) -> str:
    """The sentence of a refusal; raises KeyError for a code that is none of ours."""
    return _FAULTS[code].format(row=f"{row:,}", limit=f"{limit:,}")


def remark_text(code: str, *, count: int = 0, name: str = "") -> str:
    """The sentence of a remark; raises KeyError for a code that is none of ours."""
    return _REMARKS[code].format(count=f"{count:,}", name=name[:_SHOWN_NAME])


REFUSAL_CODES = frozenset(_FAULTS)
