//! POUR-P: project the directions of the forgotten rows out of the head, in closed form.
//!
//! `W' = W (I - Q Qᵀ)` with `Q` an orthonormal basis of the forgotten rows less the mean of all rows (heads
//! are not centred). That leaves a forgotten logit that hardly depends on the embedding; so its bias goes
//! below the least retained one by a margin. POUR, CVPR 2026, the variant without training.

use super::{ClosedForm, Data, Kind, Method, Setting, projection::Directions};
use crate::{error::Error, head::LinearHead};

pub(super) const METHOD: Method = Method {
    name: "pour",
    summary: "projects the rows of removed classes out of the head, in closed form",
    data: Data::None,
    settings: &[Setting {
        name: "margin",
        summary: "nats below the least retained bias",
        default: 2.0,
        range: (0.0, 1000.0),
    }],
    source: "POUR, CVPR 2026",
    minimum: None,
    kind: Kind::ClosedForm(project),
};

fn project(given: &ClosedForm<'_>) -> Result<LinearHead, Error> {
    let (mean, _) = given.head.mean(0..given.head.classes);
    let mut directions = Directions::default();
    for class in given.forgotten.indices() {
        let row = given.head.row(class);
        directions.add(&row.iter().zip(&mean).map(|(&w, m)| f64::from(w) - m).collect::<Vec<_>>());
    }
    let mut head = directions.take_off(given.head);
    if head.has_bias {
        let least = given.forgotten.retained().map(|class| head.bias[class]).fold(f32::INFINITY, f32::min);
        let bias = least - given.settings.value("margin") as f32;
        given.forgotten.indices().for_each(|class| head.bias[class] = head.bias[class].min(bias));
    }
    Ok(head)
}
