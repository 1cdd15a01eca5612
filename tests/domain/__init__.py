"""The rules of the programme, shown to refuse and to let pass: given / when / then."""
