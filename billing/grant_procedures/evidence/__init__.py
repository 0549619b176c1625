"""Evidence (証拠書類): the papers kept with a step of a grant or with a cost, as they were sent."""
