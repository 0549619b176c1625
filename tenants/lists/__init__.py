"""Lists (一覧): search, filters, order, paging, columns, saved views and exports, once for every list of the product.

Words: 絞り込み filter, 並べ替え order, 表示する列 columns, 保存した条件 saved view, 書き出し export.
"""
