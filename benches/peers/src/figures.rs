//! What many figures come to.

/// From the least to the greatest.
pub(crate) fn in_order(mut figures: Vec<f64>) -> Vec<f64> {
    figures.sort_by(f64::total_cmp);
    figures
}

/// So many of a hundred are no greater.
pub(crate) fn percentile(ordered: &[f64], percent: usize) -> f64 {
    let index = (ordered.len() * percent / 100).min(ordered.len().saturating_sub(1));
    ordered.get(index).copied().unwrap_or(f64::NAN)
}

/// The middle one.
pub(crate) fn median(figures: Vec<f64>) -> f64 {
    percentile(&in_order(figures), 50)
}
