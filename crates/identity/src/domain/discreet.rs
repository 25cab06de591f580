//! `Debug` that tells no person's name or address, for what callers may log.

/// Implements `Debug` for structs that hold personal data: it shows the fields named here, and hints at the rest by `..`.
macro_rules! discreet {
    ($($Type:ident { $($shown:ident),* $(,)? })+) => {$(
        impl ::std::fmt::Debug for $Type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($Type))
                    $(.field(stringify!($shown), &self.$shown))*
                    .finish_non_exhaustive()
            }
        }
    )+};
}

pub(crate) use discreet;
