"""納入通知書: what members are told to pay and when; 差額調書, accounting CSV; whether a paper is the issued one."""
