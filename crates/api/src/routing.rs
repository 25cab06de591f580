//! Routes that know what answers them: beside each handler that is found by an address stands what its types tell of it.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, MethodRouter},
};
use identity::KeyScope;

use crate::{
    openapi::{Described, Sketch},
    state::Api,
};

/// The handlers of an address, by the method.
#[derive(Debug, Default)]
pub(crate) struct Handlers {
    router: MethodRouter<Api>,
    operations: Vec<Operation>,
}

/// Handlers by their addresses.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    router: Router<Api>,
    operations: Vec<(&'static str, Operation)>,
}

/// What is known of a handler of an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    /// In lower case.
    pub(crate) method: &'static str,
    /// The path of its function.
    pub(crate) handler: &'static str,
    /// What a key needs.
    pub(crate) scope: Option<KeyScope>,
    /// Notes what its types tell.
    pub(crate) sketch: fn(&mut Sketch<'_>),
}

/// A function for each method, and the same of handlers that are there already.
macro_rules! methods {
    ($($method:ident $Filter:ident,)*) => {$(
        /// Answers this method alone.
        pub(crate) fn $method<H, T, U>(handler: H) -> Handlers
        where
            H: Handler<T, Api> + Described<U>,
            T: 'static,
        {
            Handlers::default().$method(handler)
        }

        impl Handlers {
            /// The same, and answers this method, too.
            pub(crate) fn $method<H, T, U>(self, handler: H) -> Self
            where
                H: Handler<T, Api> + Described<U>,
                T: 'static,
            {
                self.on(MethodFilter::$Filter, stringify!($method), handler)
            }
        }
    )*};
}

methods! {
    get GET,
    post POST,
    put PUT,
    patch PATCH,
    delete DELETE,
}

impl Handlers {
    fn on<H, T, U>(self, filter: MethodFilter, method: &'static str, handler: H) -> Self
    where
        H: Handler<T, Api> + Described<U>,
        T: 'static,
    {
        let Self { router, mut operations } = self;
        let name = std::any::type_name::<H>();
        operations.push(Operation { method, handler: name, scope: None, sketch: H::sketch });
        Self { router: router.on(filter, handler), operations }
    }

    /// Both, of the same address.
    pub(crate) fn merge(self, Self { router, operations }: Self) -> Self {
        let operations = self.operations.into_iter().chain(operations).collect();
        Self { router: self.router.merge(router), operations }
    }

    /// The same, for keys that have the scope, too; `admit` is what lets them through.
    pub(crate) fn scoped(
        self,
        scope: KeyScope,
        admit: impl FnOnce(MethodRouter<Api>) -> MethodRouter<Api>,
    ) -> Self {
        let Self { router, mut operations } = self;
        for operation in &mut operations {
            operation.scope = Some(scope);
        }
        Self { router: admit(router), operations }
    }
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same, and what is at this address.
    pub(crate) fn route(self, path: &'static str, handlers: Handlers) -> Self {
        let Self { router, mut operations } = self;
        let Handlers { router: at_path, operations: added } = handlers;
        operations.extend(added.into_iter().map(|operation| (path, operation)));
        Self { router: router.route(path, at_path), operations }
    }

    /// Both.
    pub(crate) fn merge(self, Self { router, operations }: Self) -> Self {
        let operations = self.operations.into_iter().chain(operations).collect();
        Self { router: self.router.merge(router), operations }
    }

    /// The same in layers, and beside routes that are no part of the contract.
    pub(crate) fn with(self, dress: impl FnOnce(Router<Api>) -> Router<Api>) -> Self {
        Self { router: dress(self.router), ..self }
    }

    /// What is known of them, with their addresses.
    pub(crate) fn operations(&self) -> &[(&'static str, Operation)] {
        &self.operations
    }

    pub(crate) fn into_router(self) -> Router<Api> {
        self.router
    }
}
