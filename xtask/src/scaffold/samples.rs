//! Values of fields, for tests.

use super::{context::Context, fields::Field};

/// What fits on a line behind `let told = `, within a function within a macro.
const LINE: usize = 80;

/// An expression for each field, and what it names.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// `name: "name".to_owned()`.
    values: Vec<String>,
    /// Whether `Id` of the core and `Uuid` have to be imported.
    pub(super) has_ids: bool,
}

impl Samples {
    /// As they stand between the braces of a struct.
    pub(super) fn fields(&self) -> String {
        self.values.join(", ")
    }

    /// A struct of them in a test of `on_both_engines!`, in which rustfmt leaves everything as it is.
    pub(super) fn within_a_macro(&self, name: &str) -> String {
        let line = format!("{name} {{ {} }}", self.fields());
        if line.len() <= LINE {
            return line;
        }
        let fields = self.values.iter().map(|value| format!("            {value},\n"));
        format!("{name} {{\n{}        }}", fields.collect::<String>())
    }

    /// What has to be imported, and from where.
    pub(super) fn uses<'a>(&self, core: &'a str) -> Vec<(&'a str, &'static str)> {
        if self.has_ids { vec![(core, "Id"), ("uuid", "Uuid")] } else { Vec::new() }
    }
}

/// Values of all fields; none when a type is known to nobody here, or an id cannot be made in this context.
pub(super) fn of(context: &Context<'_>, fields: &[Field]) -> Option<Samples> {
    let mut samples = Samples::default();
    for (index, Field { name, ty, .. }) in fields.iter().enumerate() {
        let outer = ty.split('<').next().unwrap_or(ty);
        let value = match outer {
            "String" => format!("\"{name}\".to_owned()"),
            "bool" => "false".to_owned(),
            "Option" => "None".to_owned(),
            "Vec" => "Vec::new()".to_owned(),
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "1".to_owned(),
            _ if is_id(context, outer) => {
                samples.has_ids = true;
                format!("Id::new(Uuid::from_u128({}))", index + 1)
            }
            _ => return None,
        };
        samples.values.push(format!("{name}: {value}"));
    }
    let can_make_ids = context.krate.surroundings.externals.contains_key("uuid");
    (can_make_ids || !samples.has_ids).then_some(samples)
}

/// Whether a type is an alias of the core's `Id<…>`.
fn is_id(context: &Context<'_>, ty: &str) -> bool {
    let declaration = format!("type {ty} = Id<");
    let mut units = context.workspace.crates.iter().flat_map(|krate| &krate.units);
    units.any(|unit| unit.files().any(|file| file.text.contains(&declaration)))
}
