"""The frame of every page: navigation, security headers, assets."""
