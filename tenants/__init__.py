"""The ground floor: whose data, who asks, and the walls between towns."""
