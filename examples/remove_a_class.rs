//! Removes a class from a classifier and publishes a verified copy with its claim.
//!
//! ```text
//! cargo run --release --example remove_a_class -- fixtures/models/fmnist-resnet Sandal out
//! ```

#![allow(clippy::print_stdout, reason = "a program for people, not the library")]

use std::{env, error::Error, path::Path};

use declass::{Destination, DeviceChoice, Job, Model, Silent};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model, class, out] = &arguments[..] else {
        return Err("usage: remove_a_class MODEL CLASS OUT".into());
    };
    println!("{}", remove(model.as_ref(), class, out.as_ref())?);
    Ok(())
}

/// Writes a copy of a model without a class, and says what was found in it.
pub(crate) fn remove(model: &Path, class: &str, out: &Path) -> Result<String, Box<dyn Error>> {
    let destination = Destination::new(out);
    // Better known now than after training.
    destination.check()?;
    let model = Model::open(model)?;
    let removal = model.forget(&[class])?.seed(7).build()?;
    let device = DeviceChoice::Cpu.open()?.device;

    let job = Job::open(&model, &removal, destination, device, &Silent)?;
    let verified = job.train()?.seal()?.write()?.evaluate()?.verify()?;
    let found: Vec<String> = verified.report().checks().iter().map(|check| check.summary.clone()).collect();
    match verified.pass() {
        // With a key in place of `None` the release is signed.
        Ok(passed) => passed.publish(None)?,
        Err(_) => return Err(format!("nothing was written: {}", found.join("; ")).into()),
    }
    Ok(found.join("\n"))
}
