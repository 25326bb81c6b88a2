//! The computations, by family; which operator is which, the table of `net` says.

mod attend;
mod chain;
mod choose;
mod classical;
mod convolve;
mod curves;
mod derivable;
mod elementwise;
mod fold;
mod form;
mod fused;
mod gather;
mod join;
mod linear;
mod make;
mod normalise;
mod pad;
mod pairs;
mod pool;
mod quantise;
mod quantised;
mod recur;
mod reshape;
mod resize;
mod scatter;
mod settings;
mod slice;
mod softmax;
mod stretch;

use super::{
    Fault,
    call::{Call, Results},
};
use crate::net::ops::Kernel;

pub(super) use form::{Form, form};

/// Runs an operator.
pub(super) fn run(kernel: Kernel, call: &Call<'_>) -> Results {
    if call.chain.is_some()
        && matches!(kernel, Kernel::Map(_) | Kernel::Arithmetic(_))
        && let Some(made) = chain::pass(kernel, call)?
    {
        return Ok(made);
    }
    of_sums(kernel, call)
}

/// Products, and what is computed of whole lines or windows.
fn of_sums(kernel: Kernel, call: &Call<'_>) -> Results {
    match kernel {
        Kernel::Attention => attend::attend(call),
        Kernel::BatchNormalisation => normalise::batch(call),
        Kernel::Convolution => convolve::forward(call),
        Kernel::TransposedConvolution => convolve::transposed(call),
        Kernel::Dequantise => quantise::dequantise(call),
        Kernel::DynamicProduct => quantise::dynamic_product(call),
        Kernel::DynamicQuantise => quantise::dynamically(call),
        Kernel::Einsum => linear::einsum(call),
        Kernel::EmbedLayerNormalisation => normalise::embedded(call),
        Kernel::FusedConvolution => fused::convolution(call),
        Kernel::FusedGemm => fused::gemm(call),
        Kernel::FusedMatMul => fused::matmul(call),
        Kernel::Gemm => linear::gemm(call),
        Kernel::GroupNormalisation => normalise::group(call),
        Kernel::InstanceNormalisation => normalise::instance(call),
        Kernel::LayerNormalisation => normalise::layer(call),
        Kernel::LocalResponse => normalise::local_response(call),
        Kernel::LpNormalisation => normalise::by_norm(call),
        Kernel::MatMul => linear::matmul(call),
        Kernel::MeanVariance => normalise::mean_variance(call),
        Kernel::PackedAttention => attend::packed(call),
        Kernel::Pool(pool) => pool::pool(call, pool),
        Kernel::Quantise => quantise::quantise(call),
        Kernel::QuantisedConvolution => quantise::quantised_convolution(call),
        Kernel::QuantisedProduct => quantise::quantised_product(call),
        Kernel::Recurrent(cell) => recur::recur(call, cell),
        Kernel::RootMeanSquare => normalise::root_mean_square(call),
        Kernel::Rotary => attend::turned(call),
        Kernel::ScaledProduct => quantise::scaled_product(call),
        Kernel::SkipLayerNormalisation => normalise::of_sum(call, true),
        Kernel::SkipRootMeanSquare => normalise::of_sum(call, false),
        Kernel::Softmax(what) => softmax::softmax(call, what),
        Kernel::WholeConvolution => quantise::whole_convolution(call),
        Kernel::WholeProduct => quantise::whole_product(call),
        _ => of_rows(kernel, call),
    }
}

/// Classical machine learning, and what is made real and whole again.
fn of_rows(kernel: Kernel, call: &Call<'_>) -> Results {
    match kernel {
        Kernel::ByRow => classical::by_row(call),
        Kernel::Classifier => classical::classify(call),
        Kernel::Columns => classical::columns(call),
        Kernel::QuantisedConcatenation => quantised::concatenate(call),
        Kernel::QuantisedGemm => quantised::gemm(call),
        Kernel::QuantisedMap(what) => quantised::map(call, what),
        Kernel::QuantisedMean => quantised::mean(call),
        Kernel::QuantisedPair(what) => quantised::pair(call, what),
        Kernel::Regressor => classical::regress(call),
        Kernel::Scaled => classical::scale(call),
        _ => of_elements(kernel, call),
    }
}

/// Element by element, along axes, and by conditions.
fn of_elements(kernel: Kernel, call: &Call<'_>) -> Results {
    match kernel {
        Kernel::ArgBest(best) => choose::best(call, best),
        Kernel::Arithmetic(what) => pairs::arithmetic(call, what),
        Kernel::Biased(map) => elementwise::biased(call, map),
        Kernel::Bits(what) => pairs::bits(call, what),
        Kernel::Compare(what) => pairs::compare(call, what),
        Kernel::Compress => choose::compress(call),
        Kernel::CumulativeSum => fold::cumulative(call),
        Kernel::Hardmax => choose::hardmax(call),
        Kernel::Logic(what) => pairs::logic(call, what),
        Kernel::Map(map) => elementwise::map(call, map),
        Kernel::NonZero => choose::non_zero(call),
        Kernel::Not => elementwise::not(call),
        Kernel::ParametricRelu => elementwise::parametric_relu(call),
        Kernel::Reduce(how) => fold::reduce(call, how),
        Kernel::Test(test) => elementwise::test(call, test),
        Kernel::TopK => choose::top(call),
        Kernel::Triangle => choose::triangle(call),
        Kernel::Where => choose::by_condition(call),
        _ => of_shapes(kernel, call),
    }
}

/// What makes, moves or picks elements.
fn of_shapes(kernel: Kernel, call: &Call<'_>) -> Results {
    match kernel {
        Kernel::Cast => make::cast(call),
        Kernel::Concatenate => join::concatenate(call),
        Kernel::Constant => make::constant(call),
        Kernel::ConstantOfShape => make::filled(call),
        Kernel::DepthToSpace => reshape::depth_to_space(call),
        Kernel::SpaceToDepth => reshape::space_to_depth(call),
        Kernel::Eye => make::eye(call),
        Kernel::Expand => reshape::expand(call),
        Kernel::Flatten => reshape::flatten(call),
        Kernel::Gather => gather::along(call),
        Kernel::GatherElements => gather::elements(call),
        Kernel::GatherParts => gather::parts(call),
        Kernel::Handed => make::handed(call),
        Kernel::OneHot => make::one_hot(call),
        Kernel::Pad => pad::pad(call),
        Kernel::Range => make::range(call),
        Kernel::Reshape => reshape::reshape(call),
        Kernel::Resize => resize::resize(call),
        Kernel::ReverseSequence => gather::reversed(call),
        Kernel::Same => make::same(call),
        Kernel::ScatterElements => scatter::elements(call),
        Kernel::ScatterParts => scatter::parts(call),
        Kernel::Shape => make::shape(call),
        Kernel::Size => make::size(call),
        Kernel::Slice => slice::slice(call),
        Kernel::Split => slice::split(call),
        Kernel::Squeeze => reshape::squeeze(call),
        Kernel::Tile => join::tile(call),
        Kernel::Transpose => reshape::transpose(call),
        Kernel::Unsqueeze => reshape::unsqueeze(call),
        _ => Err(Fault::unsupported("it is not run")),
    }
}
