package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
)

// TestEveryErrorHasItsStatus also checks wrapped errors.
func TestEveryErrorHasItsStatus(t *testing.T) {
	other := errors.New("there is no such folder")
	for _, k := range []struct {
		err         error
		interrupted error
		status      int
	}{
		{nil, nil, 0}, {nil, context.Canceled, 0},
		{errFailed, nil, 1}, {errFailed, context.Canceled, 1}, {fmt.Errorf("in a table: %w", errFailed), nil, 1},
		{errInterrupted, nil, 130}, {errInterrupted, context.Canceled, 130},
		{other, nil, 2}, {other, context.Canceled, 130}, {&campaign.BuildError{}, nil, 2},
		{permanent(other), nil, 3}, {permanent(other), context.Canceled, 130}, {&exit{status: 66}, nil, 66},
	} {
		require.Equal(t, k.status, status(k.err, k.interrupted), "%v, interrupted: %v", k.err, k.interrupted)
	}
	require.ErrorIs(t, permanent(other), other)
	require.EqualError(t, permanent(other), other.Error())
}
