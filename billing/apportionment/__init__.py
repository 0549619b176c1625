"""The pure engine (按分計算の本体): a case document in, a result document out; no database, no clock, no floats."""
