//! The implementation of the trait for an event.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt as _, spanned::Spanned as _};

use crate::{
    aggregate_id::AggregateId, attributes::EventField, audience::Scope, event::Event,
    personal::PersonalField,
};

/// Implements `DomainEvent`; every path is absolute, so that no name in scope can change its meaning.
pub(crate) fn implementation(event: &Event) -> TokenStream {
    let Event {
        ident,
        name,
        version,
        aggregate,
        summary,
        aggregate_id,
        workspace_id,
        audience,
        personal,
        upcasters,
    } = event;
    let rust_name = ident.unraw().to_string();
    let AggregateId { format, fields } = aggregate_id;
    let parts = fields.iter().map(access);
    let workspace_id = match workspace_id {
        None => quote!(::core::option::Option::None),
        Some(field) => {
            let access = access(field);
            quote!(::core::convert::Into::<::core::option::Option<::perme8_events::WorkspaceId>>::into(#access))
        }
    };
    let personal = (!personal.is_empty()).then(|| sealed(personal));
    let scopes = audience.iter().map(scope);
    quote! {
        #[automatically_derived]
        impl ::perme8_events::DomainEvent for #ident {
            const TYPE: &'static str = #name;
            const VERSION: u16 = #version;
            const AGGREGATE: &'static str = #aggregate;
            const SUMMARY: &'static str = #summary;
            const RUST_NAME: &'static str = #rust_name;
            const UPCASTERS: &'static [::perme8_events::Upcaster] = &[#(#upcasters),*];

            fn aggregate_id(&self) -> ::std::string::String {
                ::std::format!(#format, #(#parts),*)
            }

            fn workspace_id(&self) -> ::core::option::Option<::perme8_events::WorkspaceId> {
                #workspace_id
            }

            fn audience(&self) -> ::perme8_events::Audience {
                ::perme8_events::Audience::nobody() #(#scopes)*
            }

            #personal
        }
    }
}

/// What says whose the fields are; only of an event that has any.
fn sealed(fields: &[PersonalField]) -> TokenStream {
    let fields = fields.iter().map(|PersonalField { field, whose }| {
        let (name, value, whose) = (field.name(), access(field), access(whose));
        let place = Span::call_site().located_at(field.ty.span());
        quote_spanned!(place=> ::perme8_events::personal_field(
            #name,
            &#value,
            ::core::convert::Into::<::core::option::Option<::perme8_events::UserId>>::into(#whose),
        ))
    });
    quote! {
        fn personal(&self) -> ::std::vec::Vec<::perme8_events::PersonalField> {
            ::std::vec![#(#fields),*]
        }
    }
}

fn scope(scope: &Scope) -> TokenStream {
    match scope {
        Scope::Workspace => {
            quote!(.and_workspace(::perme8_events::DomainEvent::workspace_id(self)))
        }
        Scope::Managers => quote!(.and_managers(::perme8_events::DomainEvent::workspace_id(self))),
        Scope::User(field) => {
            let access = access(field);
            quote!(.and_user(#access))
        }
        Scope::Each(field) => {
            let access = access(field);
            quote!(.and_each(&#access))
        }
        Scope::EachWorkspace(field) => {
            let access = access(field);
            quote!(.and_each_workspace(&#access))
        }
        Scope::WorkspaceIf(fields) => {
            let (flag, person) = (access(&fields.0), access(&fields.1));
            quote!(
                .and_workspace(::perme8_events::DomainEvent::workspace_id(self).filter(|_| #flag))
                .and_user((!#flag).then_some(#person))
            )
        }
        Scope::Operators => quote!(.and_operators()),
    }
}

/// The field of `self`, at the place of its type: there the compiler points when the type does not fit.
fn access(field: &EventField) -> TokenStream {
    let ident = field.ident();
    let place = Span::call_site().located_at(field.ty.span());
    quote_spanned!(place=> self.#ident)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use quote::ToTokens as _;
    use syn::{DeriveInput, ImplItem, ItemImpl, parse_str, parse2};

    use super::*;

    /// What is implemented for `source`, one item a line.
    fn check(source: &str, expected: &Expect) {
        let input: DeriveInput = parse_str(source).unwrap();
        let implementation: ItemImpl =
            parse2(implementation(&Event::read(&input, "identity").unwrap())).unwrap();
        let items = implementation.items.iter().map(|item| match item {
            ImplItem::Const(item) => format!("{} = {}\n", item.ident, item.expr.to_token_stream()),
            ImplItem::Fn(item) => {
                format!("{} {}\n", item.sig.ident, item.block.to_token_stream())
            }
            ImplItem::Type(_) | ImplItem::Macro(_) | ImplItem::Verbatim(_) | _ => {
                panic!("the trait has constants and functions only")
            }
        });
        expected.assert_eq(&items.collect::<String>());
    }

    #[test]
    fn an_event_of_a_marked_field() {
        check(
            r#"
            /// Emitted when somebody registers. Not yet confirmed.
            #[derive(DomainEvent)]
            #[event(aggregate = "user", audience(operators, user = "user_id"))]
            pub struct UserRegistered { #[event(aggregate_id)] pub user_id: UserId, pub email: String }
            "#,
            &expect![[r#"
                TYPE = "identity.user_registered"
                VERSION = 1u16
                AGGREGATE = "user"
                SUMMARY = "Emitted when somebody registers."
                RUST_NAME = "UserRegistered"
                UPCASTERS = & []
                aggregate_id { :: std :: format ! ("{}" , self . user_id) }
                workspace_id { :: core :: option :: Option :: None }
                audience { :: perme8_events :: Audience :: nobody () . and_user (self . user_id) . and_operators () }
            "#]],
        );
    }

    #[test]
    fn an_event_of_a_composite_id() {
        check(
            r#"
            /// Emitted when somebody is invited.
            #[event(name = "people.asked", version = 2, upcast(v1 = versions::first))]
            #[event(aggregate = "workspace_member", id = "{workspace_id}:{type}")]
            #[event(audience(user = "type", user = "by", each = "others", each_workspace = "places", managers, workspace))]
            struct r#MemberInvited { #[event(workspace_id)] workspace_id: Option<WorkspaceId>, r#type: UserId, by: UserId, others: Vec<UserId>, places: Vec<WorkspaceId> }
            "#,
            &expect![[r#"
                TYPE = "people.asked"
                VERSION = 2u16
                AGGREGATE = "workspace_member"
                SUMMARY = "Emitted when somebody is invited."
                RUST_NAME = "MemberInvited"
                UPCASTERS = & [versions :: first]
                aggregate_id { :: std :: format ! ("{}:{}" , self . workspace_id , self . r#type) }
                workspace_id { :: core :: convert :: Into :: < :: core :: option :: Option < :: perme8_events :: WorkspaceId > > :: into (self . workspace_id) }
                audience { :: perme8_events :: Audience :: nobody () . and_workspace (:: perme8_events :: DomainEvent :: workspace_id (self)) . and_managers (:: perme8_events :: DomainEvent :: workspace_id (self)) . and_user (self . r#type) . and_user (self . by) . and_each (& self . others) . and_each_workspace (& self . places) }
            "#]],
        );
    }

    #[test]
    fn an_event_that_is_for_everybody_or_for_one() {
        check(
            r#"
            /// Emitted when a document is renamed.
            #[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "owner"))]
            struct Renamed { #[event(aggregate_id)] id: Uuid, #[event(workspace_id)] workspace_id: WorkspaceId, owner: UserId, is_public: bool }
            "#,
            &expect![[r#"
                TYPE = "identity.renamed"
                VERSION = 1u16
                AGGREGATE = "document"
                SUMMARY = "Emitted when a document is renamed."
                RUST_NAME = "Renamed"
                UPCASTERS = & []
                aggregate_id { :: std :: format ! ("{}" , self . id) }
                workspace_id { :: core :: convert :: Into :: < :: core :: option :: Option < :: perme8_events :: WorkspaceId > > :: into (self . workspace_id) }
                audience { :: perme8_events :: Audience :: nobody () . and_workspace (:: perme8_events :: DomainEvent :: workspace_id (self) . filter (| _ | self . is_public)) . and_user ((! self . is_public) . then_some (self . owner)) }
            "#]],
        );
    }

    #[test]
    fn an_event_with_what_identifies_people() {
        check(
            r#"
            /// Emitted when somebody moves.
            #[event(aggregate = "user", audience(operators))]
            struct Moved {
                #[event(aggregate_id)] user_id: UserId,
                #[event(personal = "user_id")] r#where: Personal<String>,
                by: Option<UserId>,
                #[event(personal = "by")] by_name: Personal<String>,
            }
            "#,
            &expect![[r#"
                TYPE = "identity.moved"
                VERSION = 1u16
                AGGREGATE = "user"
                SUMMARY = "Emitted when somebody moves."
                RUST_NAME = "Moved"
                UPCASTERS = & []
                aggregate_id { :: std :: format ! ("{}" , self . user_id) }
                workspace_id { :: core :: option :: Option :: None }
                audience { :: perme8_events :: Audience :: nobody () . and_operators () }
                personal { :: std :: vec ! [:: perme8_events :: personal_field ("where" , & self . r#where , :: core :: convert :: Into :: < :: core :: option :: Option < :: perme8_events :: UserId >> :: into (self . user_id) ,) , :: perme8_events :: personal_field ("by_name" , & self . by_name , :: core :: convert :: Into :: < :: core :: option :: Option < :: perme8_events :: UserId >> :: into (self . by) ,)] }
            "#]],
        );
    }
}
