//! The single steps, one module each. A step reads, and answers with findings; which steps are taken, and in which order, is
//! for [`ob3`](crate::ob3) and [`ob2`](crate::ob2) to say.

pub(crate) mod authenticity;
pub(crate) mod context;
pub(crate) mod endorsements;
pub(crate) mod key;
pub(crate) mod model;
pub(crate) mod recipient;
pub(crate) mod refresh;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod validity;
