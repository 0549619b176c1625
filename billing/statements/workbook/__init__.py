"""The statement as a workbook (負担金算定書) whose formulas compute everything again from the frozen inputs; pure."""
