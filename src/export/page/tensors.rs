//! Tensors that differ, as a table.

use maud::{Markup, html};

use super::{prose::shown, wide};
use crate::evidence::{ChangedTensor, words::grouped};

/// A row for each tensor, with types, shapes and how many values differ.
pub(in crate::export) fn changed(tensors: &[ChangedTensor]) -> Markup {
    let shape = |shape: &Option<Vec<usize>>| match shape.as_deref() {
        None => "none".to_owned(),
        Some([]) => "a number".to_owned(),
        Some(shape) => shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x "),
    };
    wide(&html! {
        table {
            thead { tr { th { "tensor" } th { "type" } th { "shape" } th.number { "values that differ" } } }
            tbody {
                @for tensor in tensors {
                    tr {
                        td { code { (shown(&tensor.name)) } }
                        td { (tensor.dtype) }
                        td {
                            (shape(&tensor.shape_before))
                            @if tensor.shape_before != tensor.shape_after { " → " (shape(&tensor.shape_after)) }
                        }
                        td.number { (grouped(tensor.values)) }
                    }
                }
            }
        }
    })
}
