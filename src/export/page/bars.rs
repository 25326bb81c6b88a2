//! Shares as bars; what a bar shows stands beside it as a number.

use maud::{Markup, html};

/// A bar of a share between 0 and 1, for the eye only.
pub(in crate::export) fn bar(share: f64, is_before: bool) -> Markup {
    let width = format!("width: {:.2}%", 100.0 * share.clamp(0.0, 1.0));
    html! { div.bar.before[is_before] aria-hidden="true" { span style=(width) {} } }
}

/// Which colour is which.
pub(in crate::export) fn key() -> Markup {
    html! {
        p.soft { span.key.before aria-hidden="true" {} "original  " span.key aria-hidden="true" {} "this model" }
    }
}
