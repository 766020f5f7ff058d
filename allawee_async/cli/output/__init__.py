"""What commands write: tables, JSON and CSV, columns and colours."""
