//! The ways to write one path.

/// Where the path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Into another crate.
    Foreign,
    /// Into another module of the same crate.
    Own,
}

/// One way to write a path. In its texts, `«crate»` stands for all of the path but its last name, which is `«item»`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// What all ways like this one are called.
    pub(crate) group: &'static str,
    /// The file that names what it must not.
    pub(crate) here: &'static str,
    /// The root of its library.
    pub(crate) root: &'static str,
    /// Whether only a crate can be written like this.
    only_crates: bool,
}

impl Way {
    /// The texts for a path, for the file and for the root of its library.
    pub(crate) fn texts(&self, krate: &str, item: &str) -> (String, String) {
        let fill = |text: &str| text.replace("«crate»", krate).replace("«item»", item);
        (fill(self.here), fill(self.root))
    }
}

/// Every way that can be used for such a path.
pub(crate) fn all(kind: Kind) -> impl Iterator<Item = Way> {
    let here = HERE.iter().map(|(group, here)| (*group, *here, ""));
    let through_root = THROUGH_ROOT.iter().copied();
    let both = here.chain(through_root).map(|(group, here, root)| Way {
        group,
        here,
        root,
        only_crates: false,
    });
    let of_crates =
        OF_CRATES.iter().map(|(group, here, root)| Way { group, here, root, only_crates: true });
    both.chain(of_crates).filter(move |way| kind == Kind::Foreign || !way.only_crates)
}

const USE: &str = "plain use";
const PATH: &str = "full path";
const RENAMED: &str = "renamed use";
const GLOB: &str = "glob";
const PASSED_ON: &str = "re-export";
const CHAIN: &str = "pub use chain";
const ALIAS: &str = "type alias";
const TOKENS: &str = "macro tokens";
const COMPOSED: &str = "macro that composes the path";
const ATTRIBUTE: &str = "attribute";
const CRATE_ALIAS: &str = "alias of the crate";

/// Ways that stand in one file.
const HERE: &[(&str, &str)] = &[
    (USE, "use «crate»::«item»;"),
    (USE, "use «crate»::{«item»};"),
    (USE, "use {«crate»::{«item»}};"),
    (USE, "#[cfg(not(test))]\nuse «crate»::«item»;"),
    (USE, "use «crate»::«item» as _;"),
    (USE, "fn planted() {\n    use «crate»::«item»;\n}"),
    (USE, "mod planted {\n    use «crate»::«item»;\n}"),
    (USE, "const PLANTED: () = {\n    use «crate»::«item»;\n};"),
    (PATH, "fn planted(_: &«crate»::«item») {}"),
    (PATH, "fn planted() -> Option<«crate»::«item»> {\n    None\n}"),
    (PATH, "fn planted() {\n    let _ = «crate»::«item»::planted;\n}"),
    (PATH, "fn planted() {\n    <«crate»::«item» as Default>::default();\n}"),
    (PATH, "fn planted() {\n    std::mem::size_of::<«crate»::«item»>();\n}"),
    (PATH, "fn planted(planted: u8) {\n    let «crate»::«item» { .. } = planted;\n}"),
    (PATH, "fn planted(planted: u8) {\n    if let Some(«crate»::«item»::Planted) = planted {}\n}"),
    (PATH, "fn planted(_: impl Fn(&mut «crate»::«item»)) {}"),
    (PATH, "fn planted<T>(_: T)\nwhere\n    T: Into<«crate»::«item»>,\n{\n}"),
    (PATH, "trait Planted<T> {}\nimpl Planted<«crate»::«item»> for () {}"),
    (PATH, "impl Clone for «crate»::«item» {}"),
    (PATH, "struct Planted {\n    planted: Vec<«crate»::«item»>,\n}"),
    (PATH, "enum Planted {\n    One(Box<dyn Fn(«crate»::«item»)>),\n}"),
    (PATH, "const PLANTED: Option<«crate»::«item»> = None;"),
    (PATH, "static PLANTED: [u8; «crate»::«item»::LENGTH] = [];"),
    (PATH, "fn planted() {\n    let _ = |_: «crate»::«item»| async {};\n}"),
    (PATH, "fn planted(_: &«crate»\n    // A remark.\n    ::«item») {}"),
    (PATH, "fn planted(_: &«crate» /* a remark */ :: r#«item») {}"),
    (RENAMED, "use «crate»::«item» as Planted;"),
    (RENAMED, "use «crate»::{«item» as Planted};"),
    (RENAMED, "use «crate» as planted;\nfn planted_too(_: &planted::«item») {}"),
    (RENAMED, "use «crate»::{self as planted};\nfn planted_too(_: &planted::«item») {}"),
    (
        RENAMED,
        "fn one() {\n    use «crate» as planted;\n    planted::«item»::new();\n}\nfn two() {\n    use std as planted;\n}",
    ),
    (
        RENAMED,
        "fn two() {\n    use std as planted;\n}\nfn one() {\n    use «crate» as planted;\n    planted::«item»::new();\n}",
    ),
    (
        RENAMED,
        "mod planted {\n    use «crate» as one;\n    pub(super) use one as two;\n}\nfn planted(_: &planted::two::«item») {}",
    ),
    (GLOB, "use «crate»::*;\nfn planted(_: &«item») {}"),
    (GLOB, "use {«crate»::*};\nfn planted(_: &«item») {}"),
    (GLOB, "mod planted {\n    use «crate»::*;\n    fn planted(_: &«item») {}\n}"),
    (
        GLOB,
        "mod planted {\n    pub(super) use «crate»::*;\n}\nuse planted::*;\nfn planted_too(_: &«item») {}",
    ),
    (
        GLOB,
        "mod planted {\n    pub(super) use «crate»::«item»;\n}\nuse planted::*;\nfn planted_too(_: &«item») {}",
    ),
    (GLOB, "use «crate»::«item»::*;"),
    (PASSED_ON, "pub(crate) use «crate»::«item»;"),
    (PASSED_ON, "pub use «crate»::«item»;"),
    (PASSED_ON, "pub(in crate) use «crate»::{«item»};"),
    (
        CHAIN,
        "mod one {\n    pub(crate) use «crate»::«item»;\n}\nmod two {\n    pub(crate) use super::one::«item»;\n}\nfn planted(_: &two::«item») {}",
    ),
    (
        CHAIN,
        "mod one {\n    pub(crate) use «crate» as planted;\n}\nmod two {\n    pub(crate) use super::one::planted;\n}\nfn planted(_: &two::planted::«item») {}",
    ),
    (
        CHAIN,
        "mod one {\n    pub(crate) mod planted {\n        pub(crate) use «crate»::*;\n    }\n}\nmod two {\n    pub(crate) use super::one::*;\n}\nfn planted(_: &two::planted::«item») {}",
    ),
    (ALIAS, "type Planted = «crate»::«item»;"),
    (ALIAS, "pub(crate) type Planted = «crate»::«item»;"),
    (ALIAS, "type Planted<T> = Result<«crate»::«item», T>;"),
    (ALIAS, "fn planted() {\n    type Planted = «crate»::«item»;\n}"),
    (ALIAS, "impl Iterator for () {\n    type Item = «crate»::«item»;\n}"),
    (ALIAS, "trait Planted {\n    type Planted: Into<«crate»::«item»>;\n}"),
    (TOKENS, "planted!(«crate»::«item»);"),
    (TOKENS, "fn planted() {\n    let _ = vec![vec![«crate»::«item»]];\n}"),
    (TOKENS, "fn planted() {\n    println!(\"{}\", «crate»::«item»::new());\n}"),
    (TOKENS, "fn planted(planted: u8) {\n    matches!(planted, «crate»::«item»::Planted(_));\n}"),
    (TOKENS, "planted! { use «crate»::«item»; }"),
    (TOKENS, "planted! { use «crate» as planted; fn planted(_: &planted::«item») {} }"),
    (TOKENS, "planted! { use «crate»::*; }"),
    (TOKENS, "planted! { pub(crate) use «crate»::{«item»}; }"),
    (TOKENS, "planted! { pub(crate) type Planted = «crate»::«item»; }"),
    (TOKENS, "macro_rules! planted {\n    () => {\n        «crate»::«item»\n    };\n}"),
    (
        TOKENS,
        "macro_rules! planted {\n    () => {\n        use «crate»::{«item» as Planted};\n    };\n}",
    ),
    (
        TOKENS,
        "macro_rules! planted {\n    ($planted:vis) => {\n        $planted use «crate»::«item»;\n    };\n}",
    ),
    (
        TOKENS,
        "macro_rules! planted {\n    () => {\n        macro_rules! inner {\n            () => {\n                «crate»::«item»\n            };\n        }\n    };\n}",
    ),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($planted:ident) => {\n        fn planted(_: &«crate»::$planted) {}\n    };\n}\nplanted!(«item»);",
    ),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($($planted:ident),*) => {\n        use «crate»::{$($planted),*};\n    };\n}\nplanted!(«item»);",
    ),
    (ATTRIBUTE, "#[derive(Debug, «crate»::«item»)]\nstruct Planted;"),
    (ATTRIBUTE, "#[«crate»::«item»]\nstruct Planted;"),
    (ATTRIBUTE, "#[planted(«crate»::«item»)]\nstruct Planted;"),
    (ATTRIBUTE, "#[planted(with = \"«crate»::«item»\")]\nstruct Planted;"),
    (ATTRIBUTE, "#[cfg_attr(all(), planted(with = \"«crate»::«item»\"))]\nstruct Planted;"),
];

/// Ways that go through the root of the library.
const THROUGH_ROOT: &[(&str, &str, &str)] = &[
    (CHAIN, "fn planted(_: &crate::planted::«item») {}", "pub(crate) use «crate» as planted;"),
    (CHAIN, "use crate::planted::«item»;", "mod planted {\n    pub(crate) use «crate»::«item»;\n}"),
    (CHAIN, "use crate::planted::«item»;", "mod planted {\n    pub(crate) use «crate»::*;\n}"),
    (CHAIN, "use crate::Planted;", "pub(crate) use «crate»::«item» as Planted;"),
];

/// Ways to write what is in another crate.
const OF_CRATES: &[(&str, &str, &str)] = &[
    (USE, "use ::«crate»::«item»;", ""),
    (USE, "use ::{«crate»::«item»};", ""),
    (USE, "use {::«crate»::«item»};", ""),
    (
        USE,
        "use «crate»;\nmod planted {\n    use super::*;\n    fn planted(_: &«crate»::«item») {}\n}",
        "",
    ),
    (PATH, "fn planted(_: &::«crate»::«item») {}", ""),
    (TOKENS, "fn planted() {\n    planted!(return ::«crate»::«item»::new());\n}", ""),
    (TOKENS, "planted!(fn planted<'a>(_: &'a ::«crate»::«item») {});", ""),
    (TOKENS, "planted!(planted ::«crate»::«item»);", ""),
    (TOKENS, "planted!(struct Planted(pub ::«crate»::«item»););", ""),
    (CRATE_ALIAS, "extern crate «crate» as planted;\nfn planted_too(_: &planted::«item») {}", ""),
    (CRATE_ALIAS, "fn planted_too(_: &planted::«item») {}", "extern crate «crate» as planted;"),
    (CRATE_ALIAS, "planted! { extern crate «crate» as planted; }", ""),
    (CRATE_ALIAS, "fn planted() {\n    planted_too!();\n}", "#[macro_use]\nextern crate «crate»;"),
    (CRATE_ALIAS, "", "#[cfg_attr(all(), macro_use)]\nextern crate «crate»;"),
    (CRATE_ALIAS, "planted! { #[macro_use] extern crate «crate»; }", ""),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($planted:ident) => {\n        fn planted(_: &$planted::«item») {}\n    };\n}\nplanted!(«crate»);",
        "",
    ),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($planted:tt) => {\n        use $planted as hidden;\n    };\n}\nplanted!(«crate»);\nfn planted_too(_: &hidden::«item») {}",
        "",
    ),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($planted:ident) => {\n        extern crate $planted as hidden;\n    };\n}\nplanted!(«crate»);",
        "",
    ),
    (
        COMPOSED,
        "macro_rules! inner {\n    ($planted:ident) => {\n        $planted::«item»\n    };\n}\nmacro_rules! outer {\n    ($planted:ident) => {\n        inner!($planted)\n    };\n}\nfn planted() {\n    outer!(«crate»);\n}",
        "",
    ),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($($planted:tt)*) => {\n        fn planted(_: &$($planted)*::«item») {}\n    };\n}\nplanted!(«crate»);",
        "",
    ),
    (
        COMPOSED,
        "macro_rules! planted {\n    ($planted:tt) => {\n        fn planted(_: &«crate» $planted «item») {}\n    };\n}\nplanted!(::);",
        "",
    ),
    (
        COMPOSED,
        "planted! {\n    macro_rules! inner {\n        ($planted:ident) => {\n            $planted::«item»\n        };\n    }\n}\ninner!(«crate»);",
        "",
    ),
];
