"""The document kit (文書): workbooks, PDFs and archives that leave the system, for every module.

Bytes depend on the input only: no clock, no machine, no person's name unless the caller writes it.
Words: 帳票 document, ブック workbook, 書庫 archive, 様式 template.
"""
