//! What a success looks like.

use std::marker::PhantomData;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::openapi::{Answers, Media, Sketch};

/// `{ "data": … }`, and `"meta"` where there is something to say about the data.
#[derive(Debug, Serialize)]
pub(crate) struct Data<T, M = ()> {
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<M>,
}

impl<T> Data<T> {
    pub(crate) fn new(data: T) -> Self {
        Self { data, meta: None }
    }
}

impl<T, M> Data<T, M> {
    pub(crate) fn with_meta(data: T, meta: M) -> Self {
        Self { data, meta: Some(meta) }
    }
}

impl<T: Serialize, M: Serialize> IntoResponse for Data<T, M> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl<T: JsonSchema, M: JsonSchema + 'static> Answers for Data<T, M> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        let mut schema = json!({ "type": "object", "required": ["data"] });
        schema["properties"]["data"] = on.schema::<T>();
        // Where the type of a meta is none, there is none.
        if !is_nothing::<M>() {
            schema["properties"]["meta"] = on.schema::<M>();
            schema["required"] = json!(["data", "meta"]);
        }
        on.answer(status, Media::Json, schema);
    }
}

fn is_nothing<M: 'static>() -> bool {
    std::any::TypeId::of::<M>() == std::any::TypeId::of::<()>()
}

/// A list, each of its entries as JSON shows it.
pub(crate) fn list<T, V: From<T>>(entries: Vec<T>) -> Data<Vec<V>> {
    Data::new(entries.into_iter().map(V::from).collect())
}

/// There is something new: 201.
#[derive(Debug)]
pub(crate) struct Created<T>(pub(crate) T);

impl<T: IntoResponse> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, self.0).into_response()
    }
}

impl<T: Answers> Answers for Created<T> {
    fn sketch(on: &mut Sketch<'_>, _: u16) {
        T::sketch(on, StatusCode::CREATED.as_u16());
    }
}

/// What was put somewhere, and whether there was nothing before: 201 then, else 200.
#[derive(Debug)]
pub(crate) struct Put<T> {
    pub(crate) is_new: bool,
    pub(crate) shown: T,
}

impl<T: IntoResponse> IntoResponse for Put<T> {
    fn into_response(self) -> Response {
        let status = if self.is_new { StatusCode::CREATED } else { StatusCode::OK };
        (status, self.shown).into_response()
    }
}

impl<T: Answers> Answers for Put<T> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
        T::sketch(on, StatusCode::CREATED.as_u16());
    }
}

/// How something is that is well, or not: 503 then.
#[derive(Debug)]
pub(crate) struct Condition<T> {
    pub(crate) is_well: bool,
    pub(crate) shown: T,
}

impl<T: Serialize> IntoResponse for Condition<T> {
    fn into_response(self) -> Response {
        let status = if self.is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(self.shown)).into_response()
    }
}

impl<T: JsonSchema> Answers for Condition<T> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        <Json<T>>::sketch(on, status);
        <Json<T>>::sketch(on, StatusCode::SERVICE_UNAVAILABLE.as_u16());
    }
}

/// It was taken on, and nothing is told of what becomes of it: 202.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted;

/// It was done, and there is nothing to say: 204.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoContent;

/// Answers without a body, each with its status.
macro_rules! without_body {
    ($($Answer:ident $STATUS:ident)*) => {$(
        impl IntoResponse for $Answer {
            fn into_response(self) -> Response {
                StatusCode::$STATUS.into_response()
            }
        }

        impl Answers for $Answer {
            fn sketch(on: &mut Sketch<'_>, _: u16) {
                on.answer_without_body(StatusCode::$STATUS.as_u16());
            }
        }
    )*};
}

without_body! {
    Accepted ACCEPTED
    NoContent NO_CONTENT
}

/// A response that is made elsewhere; its type says in which way it answers.
#[derive(Debug)]
pub(crate) struct As<T>(Response, PhantomData<fn() -> T>);

impl<T> As<T> {
    pub(crate) fn of(response: impl IntoResponse) -> Self {
        Self(response.into_response(), PhantomData)
    }
}

impl<T> IntoResponse for As<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T: Answers> Answers for As<T> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
    }
}

/// One of two ways to answer, whichever the client wants.
#[derive(Debug)]
pub(crate) struct Either<A, B>(PhantomData<fn() -> (A, B)>);

impl<A: Answers, B: Answers> Answers for Either<A, B> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        A::sketch(on, status);
        B::sketch(on, status);
    }
}

/// The connection becomes a socket: 101.
#[derive(Debug)]
pub(crate) struct Upgraded;

impl Answers for Upgraded {
    fn sketch(on: &mut Sketch<'_>, _: u16) {
        on.answer_without_body(StatusCode::SWITCHING_PROTOCOLS.as_u16());
    }
}

/// Texts and files that are no JSON, or none of which the type tells.
macro_rules! of_media {
    ($($(#[$doc:meta])* $Answer:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $Answer;

        impl Answers for $Answer {
            fn sketch(on: &mut Sketch<'_>, status: u16) {
                on.answer(status, Media::$Answer, Media::$Answer.schema());
            }
        }
    )*};
}

of_media! {
    /// Events that are told as they come.
    EventStream
    /// A table.
    Csv
    /// Lines, each of them JSON.
    JsonLines
    /// A text.
    Markdown
    /// A graph, as other programs read it.
    GraphMl
    /// Files in one.
    Zip
    /// What was measured.
    Prometheus
}
