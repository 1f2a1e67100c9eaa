"""Reading a creditor's file: bytes -> a sheet of text -> typed rows, with everything that was refused or is asked."""
