"""Two to four runs beside each other: inputs, how they went, outputs, timings."""
