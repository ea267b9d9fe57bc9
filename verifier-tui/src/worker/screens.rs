//! Verification and inspection for the screens, on threads of their own.
