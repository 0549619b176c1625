"""Pages of the register: what is missing, reasons, checks, evidence, last year's basis, the threshold."""

from pathlib import Path

from tenants.web.modules import Module

MODULE = Module(
    name="basis_register",
    handlers=(),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "check_basis_values": "按分基準の値を確認",
        "save_basis_reasons": "按分基準の増減の理由を保存",
        "choose_previous_basis": "前年度の按分基準を選択",
        "set_register_threshold": "増減の理由を求める基準を変更",
        "post_reading": "計測値を受信",
    },
)
