package sock

func (o *open) recallOptions() {}
