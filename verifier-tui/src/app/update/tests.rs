//! Every key of the table, by folding messages.
