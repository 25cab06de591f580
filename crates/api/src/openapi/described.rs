//! What the types of a handler tell: what it takes, and how it answers.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName},
};
use schemars::JsonSchema;

use crate::{
    error::ApiError,
    openapi::{Sketch, sketch::Media},
    state::Api,
};

/// A handler of which the types tell what it takes and how it answers.
///
/// `T` is nothing but its types, so that a function of any number of parameters can be one.
pub(crate) trait Described<T> {
    fn sketch(on: &mut Sketch<'_>);
}

/// Something that a handler takes out of a request.
pub(crate) trait Taken {
    fn sketch(on: &mut Sketch<'_>);
}

/// A way in which a handler answers.
pub(crate) trait Answers {
    /// Notes it, with the status that it has if nothing within it says otherwise.
    fn sketch(on: &mut Sketch<'_>, status: u16);
}

macro_rules! described {
    ($($Taken:ident)*) => {
        impl<F, Answered, R, $($Taken),*> Described<(R, $($Taken,)*)> for F
        where
            F: Fn($($Taken),*) -> Answered,
            Answered: Future<Output = R>,
            R: Answers,
            $($Taken: Taken,)*
        {
            fn sketch(on: &mut Sketch<'_>) {
                $($Taken::sketch(on);)*
                R::sketch(on, 200);
            }
        }
    };
}

described! {}
described! { A }
described! { A B }
described! { A B C }
described! { A B C D }
described! { A B C D E }
described! { A B C D E G }
described! { A B C D E G H }

impl Taken for State<Api> {
    fn sketch(_: &mut Sketch<'_>) {}
}

/// The same; what is wrong with it is told later.
impl<T: Taken> Taken for Result<T, ApiError> {
    fn sketch(on: &mut Sketch<'_>) {
        T::sketch(on);
    }
}

/// The failures of all operations have one form.
impl<T: Answers> Answers for Result<T, ApiError> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
    }
}

impl<T: JsonSchema> Answers for Json<T> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        let schema = on.schema::<T>();
        on.answer(status, Media::Json, schema);
    }
}

/// With headers that nobody who reads the answer needs.
impl<V, T: Answers, const N: usize> Answers for ([(HeaderName, V); N], T) {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
    }
}

impl<T: Answers> Answers for (HeaderMap, T) {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
    }
}
