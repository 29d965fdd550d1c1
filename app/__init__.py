"""The web dashboard and the command line of Lockfree Lab."""
