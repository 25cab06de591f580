//! The decision that a use case asks for: a method of the aggregate that changes it and records an event.

use anyhow::{Context as _, Result, bail};

use super::{
    aggregate::Aggregate, context::Context, fields::Field, imports, plan::Plan, struct_text,
    template::filled, types,
};

/// A decision that is not there yet.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) method: String,
    pub(super) event: String,
    /// What it has to be told: the fields of the command that the event or the aggregate has, too.
    pub(super) parameters: Vec<Field>,
    /// Those of them that the aggregate keeps.
    kept: Vec<String>,
    /// The fields of the event, and where each comes from.
    said: Vec<String>,
}

impl Decision {
    pub(super) fn of(
        context: &Context<'_>,
        aggregate: &Aggregate,
        (event, method): (&str, &str),
        fields: &[Field],
    ) -> Result<Self> {
        if aggregate.methods.iter().any(|known| known == method) {
            bail!(
                "{} decides `{method}` already: choose another verb, or go on with {}",
                aggregate.name,
                aggregate.file
            );
        }
        let said = struct_text::fields(context, event)?;
        let known = context.events().find(|known| known.ident == event);
        let subject = known.and_then(|known| known.identified_by.as_deref());
        let has = |all: &[Field], field: &Field| {
            all.iter().any(|known| known.name == field.name && known.ty == field.ty)
        };
        let is_kept = |field: &Field| has(&aggregate.fields, field);
        let is_said = |field: &Field| has(&said, field);
        let parameters: Vec<Field> =
            fields.iter().filter(|field| is_kept(field) || is_said(field)).cloned().collect();
        let kept: Vec<String> = parameters
            .iter()
            .filter(|field| is_kept(field))
            .map(|field| field.name.clone())
            .collect();
        let source = |field: &Field| -> Result<String> {
            let Field { name, ty, .. } = field;
            if has(&parameters, field) {
                // What is kept, too, is needed twice.
                let again = kept.contains(name) && !types::is_copy(ty);
                return Ok(if again { format!("{name}: {name}.clone()") } else { name.clone() });
            }
            let has_own = |ty: &str| aggregate.field(name).is_some_and(|own| own.ty == ty);
            let inner = ty.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>'));
            let is_id = aggregate.field("id").is_some_and(|id| id.ty == *ty);
            let clone = if types::is_copy(ty) { "" } else { ".clone()" };
            if has_own(ty) {
                Ok(format!("{name}: self.{name}{clone}"))
            } else if inner.is_some_and(has_own) {
                Ok(format!("{name}: Some(self.{name}{clone})"))
            } else if is_id && subject == Some(name.as_str()) {
                Ok(format!("{name}: self.id{clone}"))
            } else {
                bail!(
                    "{event} says `{name}: {ty}`, which {} does not know: let the command say it, `{name}:{ty}`",
                    aggregate.name
                )
            }
        };
        let said = said.iter().map(source).collect::<Result<_>>()?;
        let (method, event) = (method.to_owned(), event.to_owned());
        Ok(Self { method, event, parameters, kept, said })
    }

    /// Plans the method, and what it needs in the file of the aggregate.
    pub(super) fn plan(
        &self,
        context: &Context<'_>,
        aggregate: &Aggregate,
        plan: &mut Plan<'_>,
    ) -> Result<()> {
        let Self { method, event, parameters, kept, said } = self;
        let told = parameters.iter().map(|Field { name, ty, .. }| format!(", {name}: {ty}"));
        let changed = if kept.is_empty() {
            "self".to_owned()
        } else {
            format!("Self {{ {}, ..self }}", kept.join(", "))
        };
        let words = vec![
            ("Event", event.clone()),
            ("changed", changed),
            ("method", method.clone()),
            ("said", said.join(", ")),
            ("told", told.collect::<Vec<_>>().concat()),
        ];
        let text = filled(include_str!("templates/decision.rs.template"), &words);
        aggregate.add_method(plan, &text)?;
        let module = context.module_of(event);
        let module =
            module.with_context(|| format!("{} does not export {event}", context.krate.name))?;
        let (file, core) = (&aggregate.file, context.core()?.replace('-', "_"));
        for (path, name) in [(&*format!("crate::{module}"), &**event), (&*core, "Unsaved")] {
            plan.change(file, |text| imports::add(text, path, name))?;
        }
        for Field { ty, .. } in parameters {
            types::import(context, plan, file, ty)?;
        }
        Ok(())
    }
}
