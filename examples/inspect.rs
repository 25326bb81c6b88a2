//! Says what a model is: its head, its embedding, its classes.
//!
//! ```text
//! cargo run --release --example inspect -- fixtures/models/fmnist-resnet
//! ```

#![allow(clippy::print_stdout, reason = "a program for people, not the library")]

use std::{env, error::Error, path::Path};

use declass::Model;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model] = &arguments[..] else { return Err("usage: inspect MODEL".into()) };
    println!("{}", describe(model.as_ref())?);
    Ok(())
}

/// A model in a few lines.
pub(crate) fn describe(path: &Path) -> Result<String, Box<dyn Error>> {
    let model = Model::open(path)?;
    let head = model.head();
    let mut text = format!("head {}: {} -> {} classes\n", head.name, head.width(), head.classes);
    for branch in &head.branches {
        text += &format!("embedding {}, weight `{}`\n", branch.embedding, branch.weight.tensor);
    }
    if let Some(labels) = model.labels() {
        text += &format!("labels {}", labels.names.join(", "));
    }
    Ok(text)
}
